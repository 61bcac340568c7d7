"""Joins the frames that frames.mjs took into one animated picture.

Usage: animation.py FOLDER FILE. FOLDER has frames.json, a list of a file and its milliseconds.
"""

import json
import sys
from pathlib import Path

from PIL import Image

folder, target = Path(sys.argv[1]), Path(sys.argv[2])
frames = json.loads((folder / "frames.json").read_text())
pictures = [Image.open(folder / frame["file"]).convert("RGB") for frame in frames]
times = [frame["milliseconds"] for frame in frames]
pictures[0].save(
    target, save_all=True, append_images=pictures[1:], duration=times, loop=0, quality=82, method=4
)

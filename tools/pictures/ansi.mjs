// Turns the output of a terminal program into HTML: colors and styles, without cursor movements.

const COLORS = ["#3b4252", "#ef6b73", "#8fc774", "#e6c06b", "#6ea8fe", "#c792ea", "#5fc9d4", "#d7dae3"];
const BRIGHT = ["#7a8296", "#ff8a91", "#a9e08b", "#f3d68a", "#8fbcff", "#d9b0f5", "#85e0e8", "#ffffff"];

const escaped = (text) => text.replace(/[&<>]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[char]);

/// The style after the codes of one `ESC [ ... m`.
function apply(style, codes) {
  const next = { ...style };
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at];
    if (code === 0) return apply({}, codes.slice(at + 1));
    if (code === 1) next.weight = "bold";
    else if (code === 2) next.opacity = 0.6;
    else if (code === 22) Object.assign(next, { weight: undefined, opacity: undefined });
    else if (code >= 30 && code <= 37) next.color = COLORS[code - 30];
    else if (code === 39) next.color = undefined;
    else if (code >= 90 && code <= 97) next.color = BRIGHT[code - 90];
    else if (code === 38 && codes[at + 1] === 5) {
      const index = codes[at + 2];
      next.color = index < 8 ? COLORS[index] : index < 16 ? BRIGHT[index - 8] : next.color;
      at += 2;
    }
  }
  return next;
}

export function toHtml(text) {
  let style = {};
  const parts = text.replaceAll("\r", "").split(/(\x1b\[[0-9;?]*[A-Za-z])/);
  return parts
    .map((part) => {
      if (part.startsWith("\x1b[")) {
        if (part.endsWith("m")) style = apply(style, part.slice(2, -1).split(";").map(Number));
        return "";
      }
      const { color, weight, opacity } = style;
      const css = [color && `color:${color}`, weight && `font-weight:${weight}`, opacity && `opacity:${opacity}`];
      return `<span style="${css.filter(Boolean).join(";")}">${escaped(part)}</span>`;
    })
    .join("");
}

// A list of any length that draws only the visible rows. All rows have the same height; their elements
// are reused when the list is scrolled, and stay in the order of the items.

// Extra rows at both ends, so that a quick scroll shows no gaps.
const OVERSCAN_ROWS = 6;

export class List extends EventTarget {
  // `make` makes a row's element, `draw` fills it with an item, `key` names an item.
  constructor(element, { height, make, draw, key }) {
    super();
    Object.assign(this, { element, height, make, draw, key });
    this.items = [];
    this.rows = new Map();
    this.free = [];
    this.selected = undefined;
    this.following = false;
    this.planned = false;
    this.space = document.createElement("div");
    this.space.className = "space-of-rows";
    this.space.setAttribute("role", "presentation");
    element.append(this.space);
    element.addEventListener("scroll", () => this.scrolled(), { passive: true });
    element.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.choose(this.items[row.index]);
    });
    new ResizeObserver(() => this.plan()).observe(element);
  }

  // Shows these items. `removed` is how many were removed from the front since the last call.
  show(items, removed = 0) {
    this.items = items;
    if (removed && !this.following) this.element.scrollTop -= removed * this.height;
    this.plan();
  }

  // Draws once with the next frame.
  plan() {
    if (this.planned) return;
    this.planned = true;
    requestAnimationFrame(() => {
      this.planned = false;
      this.drawAll();
    });
  }

  drawAll() {
    const { element, height, items } = this;
    this.space.style.height = `${items.length * height}px`;
    if (this.following) element.scrollTop = items.length * height;
    const first = Math.max(0, Math.floor(element.scrollTop / height) - OVERSCAN_ROWS);
    const last = Math.min(items.length, Math.ceil((element.scrollTop + element.clientHeight) / height) + OVERSCAN_ROWS);
    for (const [index, row] of this.rows) {
      if (index < first || index >= last) {
        this.rows.delete(index);
        row.hidden = true;
        this.free.push(row);
      }
    }
    for (let index = first; index < last; index++) this.drawRow(index);
    this.sort(first, last);
    const active = this.indexOf(this.selected);
    const row = this.rows.get(active);
    if (row) element.setAttribute("aria-activedescendant", row.id);
    else element.removeAttribute("aria-activedescendant");
  }

  drawRow(index) {
    const item = this.items[index];
    // The first of the free rows keeps the order when all rows are replaced.
    let row = this.rows.get(index) ?? this.free.shift();
    if (!row) {
      row = this.make();
      row.id = `${this.element.id}-${this.space.childElementCount}`;
      row.setAttribute("role", "option");
      row.classList.add("row");
      this.space.append(row);
    }
    this.rows.set(index, row);
    row.hidden = false;
    row.index = index;
    row.style.transform = `translateY(${index * this.height}px)`;
    row.setAttribute("aria-selected", String(this.key(item) === this.selected));
    row.setAttribute("aria-setsize", String(this.items.length));
    row.setAttribute("aria-posinset", String(index + 1));
    this.draw(row, item);
  }

  // Puts the elements into the order of the items, which screen readers and a selection of text follow.
  sort(first, last) {
    let next = this.space.firstElementChild;
    for (let index = first; index < last; index++) {
      const row = this.rows.get(index);
      if (row === next) next = next.nextElementSibling;
      else this.space.insertBefore(row, next);
    }
  }

  scrolled() {
    const { element } = this;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < this.height;
    // Growing is not scrolling away from the end.
    if (this.following && !atEnd && !this.planned) this.follow(false);
    else if (!this.following && atEnd && this.canFollow) this.follow(true);
    this.plan();
  }

  follow(on) {
    if (this.following === on) return;
    this.following = on;
    this.dispatchEvent(new Event("follow"));
    this.plan();
  }

  indexOf(key) {
    return key === undefined ? -1 : this.items.findIndex((item) => this.key(item) === key);
  }

  // Selects an item, or none, and reports it.
  choose(item) {
    this.mark(item && this.key(item));
    this.dispatchEvent(new CustomEvent("choose", { detail: item }));
  }

  mark(key) {
    this.selected = key;
    this.plan();
  }

  // Moves the selection by some rows; from the end if there is none.
  step(by) {
    if (!this.items.length) return;
    const now = this.indexOf(this.selected);
    const from = now < 0 ? (by < 0 ? this.items.length : -1) : now;
    const index = Math.max(0, Math.min(this.items.length - 1, from + by));
    this.follow(false);
    this.reveal(index);
    this.choose(this.items[index]);
  }

  // Scrolls as little as is needed to show a row.
  reveal(index) {
    const { element, height } = this;
    // The space may not have grown to the last items yet.
    this.space.style.height = `${this.items.length * height}px`;
    const top = index * height;
    if (top < element.scrollTop) element.scrollTop = top;
    const bottom = top + height - element.clientHeight;
    if (bottom > element.scrollTop) element.scrollTop = bottom;
  }
}

// The keyboard: `/` searches, arrows move in the list with the focus, Escape empties a search or goes back.

export function listen({ timeline, connections, details, search, back }) {
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    const isTyping = target.matches("input, textarea, select") || target.closest("dialog[open]");
    if (key === "Escape" && !target.closest("dialog[open]")) {
      if (target.matches("input[type=search]") && target.value) {
        // The browser empties it without telling the filter.
        event.preventDefault();
        target.value = "";
        target.dispatchEvent(new Event("input", { bubbles: true }));
      } else if (target.matches("input, textarea, select")) {
        target.blur();
      } else {
        back();
      }
      return;
    }
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === "/") {
      event.preventDefault();
      search();
    } else if (!target.closest("button, summary, pre, a, table, .details")) {
      const list = target === connections.list.element ? connections.list : timeline.list;
      move(list, event, details);
    }
  });
}

function move(list, event, details) {
  const page = Math.max(1, Math.floor(list.element.clientHeight / list.height) - 1);
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -list.items.length, End: list.items.length };
  if (event.key in steps) {
    event.preventDefault();
    list.step(steps[event.key]);
  } else if (event.key === "Enter" && list.selected !== undefined) {
    details.focus();
  }
}

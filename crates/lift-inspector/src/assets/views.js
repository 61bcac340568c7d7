// The parts of the page: on a wide screen the views take turns in the middle, on a phone all parts do.

const VIEWS = ["timeline", "clients", "charts", "tables"];

export const PHONE = matchMedia("(max-width: 860px)");

export class Views extends EventTarget {
  start() {
    this.buttons = [...document.querySelectorAll(".tabs button")];
    for (const button of this.buttons) button.addEventListener("click", () => this.show(button.dataset.tab));
    this.show("timeline");
  }

  // Shows a part. The view stays when another part takes its place on a phone.
  show(name) {
    const { dataset } = document.body;
    dataset.tab = name;
    if (VIEWS.includes(name)) dataset.view = name;
    for (const button of this.buttons) {
      const { tab } = button.dataset;
      button.setAttribute("aria-current", String(tab === (PHONE.matches ? dataset.tab : dataset.view)));
    }
    this.dispatchEvent(new Event("change"));
  }

  get view() {
    return document.body.dataset.view;
  }
}

// Light or dark: the system's setting, until the user chooses.

const KEY = "lift-inspector-theme";
const NEXT = { system: "light", light: "dark", dark: "system" };

export function start() {
  const button = document.querySelector("#theme");
  let theme = "system";
  try {
    theme = localStorage.getItem(KEY) ?? theme;
  } catch {
    // Without storage, the choice lasts as long as the page.
  }
  const show = () => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = { system: "◐", light: "☀", dark: "☾" }[theme];
    button.setAttribute("aria-label", `Theme: ${theme}`);
  };
  button.addEventListener("click", () => {
    theme = NEXT[theme] ?? "system";
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // As above.
    }
    show();
  });
  show();
}

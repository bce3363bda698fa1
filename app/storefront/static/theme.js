// Before the page is drawn: the chosen theme, and that scripts run.
const root = document.documentElement;
root.classList.add("scripted");
try {
  root.style.colorScheme = localStorage.getItem("theme") ?? "";
} catch {
  // Storage is off: the system's theme stays.
}

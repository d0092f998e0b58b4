// A page's own script that records the element's events, their details, and the errors in the console.
window.eventNames = [];
window.eventDetails = [];
window.consoleErrors = [];
for (const type of ["connected", "failed", "cancelled"]) {
  addEventListener(type, (event) => {
    eventNames.push(`${type} ${event.detail?.code ?? ""}`.trim());
    eventDetails.push(event.detail);
  });
}
const { error } = console;
console.error = (...words) => {
  consoleErrors.push(words.join(" "));
  error(...words);
};
addEventListener("pageshow", (event) => (window.frozen = event.persisted));

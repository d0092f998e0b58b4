// A page's own script that keeps what the element says: its events, and its words in the console.
window.heard = [];
window.said = [];
for (const type of ["connected", "failed", "cancelled"]) {
  addEventListener(type, (event) => heard.push(`${type} ${event.detail?.code ?? ""}`.trim()));
}
const { error } = console;
console.error = (...words) => {
  said.push(words.join(" "));
  error(...words);
};
addEventListener("pageshow", (event) => (window.frozen = event.persisted));

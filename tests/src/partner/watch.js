// A page's own script that keeps what the element says: its events and what they carry, and its words in the console.
window.heard = [];
window.carried = [];
window.said = [];
for (const type of ["connected", "failed", "cancelled"]) {
  addEventListener(type, (event) => {
    heard.push(`${type} ${event.detail?.code ?? ""}`.trim());
    carried.push(event.detail);
  });
}
const { error } = console;
console.error = (...words) => {
  said.push(words.join(" "));
  error(...words);
};
addEventListener("pageshow", (event) => (window.frozen = event.persisted));

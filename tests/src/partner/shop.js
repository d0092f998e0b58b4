// The partner's own script: asks the partner's backend to send "hello" through a connection.
const note = document.getElementById("note");

const hello = async (connection) => {
  note.textContent = "Sending hello…";
  const headers = { "content-type": "application/json" };
  const answer = await fetch("/hello", { method: "POST", headers, body: JSON.stringify({ connection }) });
  if (!answer.ok) {
    note.textContent = `Hello could not be sent. ${await answer.text()}`;
    return;
  }
  const { shown_at } = await answer.json();
  const link = document.createElement("a");
  link.href = shown_at;
  link.textContent = "Open it in Smooch";
  note.replaceChildren("Hello was sent. ", link);
};

// The page trusts only the backend's list. The element's event says when to ask for it.
const list = async () => {
  const connections = await (await fetch("/connections")).json();
  const items = connections.map(({ id, app }) => {
    const [item, name, button] = ["li", "span", "button"].map((tag) => document.createElement(tag));
    name.textContent = app.name ?? app.id;
    button.type = "button";
    button.dataset.connection = id;
    button.textContent = "Send hello";
    item.append(name, button);
    return item;
  });
  document.getElementById("list").replaceChildren(...items);
  document.getElementById("empty").hidden = items.length > 0;
};

const feed = async () => {
  const events = await (await fetch("/events")).json();
  const lines = events.reverse().map(({ type, time, connection }) => {
    const line = document.createElement("li");
    const at = new Date(time * 1000).toLocaleTimeString();
    line.textContent = `${at}  ${type}  ${connection.app.name ?? connection.app.id}`;
    return line;
  });
  document.getElementById("feed").replaceChildren(...lines.slice(0, 10));
};

addEventListener("connected", (event) => {
  hello(event.detail.connection.id);
  list();
});
addEventListener("click", (event) => {
  const id = event.target.dataset?.connection;
  if (id) hello(id);
});
list();
feed();
setInterval(feed, 10000);

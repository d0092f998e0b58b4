// The partner's own script: says "hello" through a connection, by way of the partner's backend.
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
  link.textContent = "Look at it in Smooch";
  note.replaceChildren("Hello was sent. ", link);
};

// The list is the backend's: what the event says is a hint to ask it.
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

addEventListener("connected", (event) => {
  hello(event.detail.connection.id);
  list();
});
addEventListener("click", (event) => {
  const id = event.target.dataset?.connection;
  if (id) hello(id);
});
list();

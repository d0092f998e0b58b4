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

addEventListener("connected", (event) => hello(event.detail.connection.id));
addEventListener("click", (event) => {
  const id = event.target.dataset?.connection;
  if (id) hello(id);
});

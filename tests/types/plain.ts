// A partner's script without React: this must type-check where React is not even installed.
const button = document.createElement("add-to-smooch");
button.setAttribute("client-id", "shoplifter");
button.addEventListener("connected", ({ detail }) => console.log(detail.connection.id, detail.connection.connected_at + 1));

addEventListener("failed", ({ detail }) => {
  switch (detail.code) {
    case "session_expired":
    case "session_required":
      return location.reload();
    default:
      console.warn(detail.message, detail.request_id);
  }
});
document.addEventListener("cancelled", (event) => event.target === button);

const found: HTMLAddToSmoochElement | null = document.querySelector("add-to-smooch");
found?.remove();

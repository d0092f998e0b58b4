// Nango's frontend opens its hosted flow in a popup. The session token comes from the partner's backend.
import Nango from "@nangohq/frontend";

const button = document.querySelector("#connect");
button.addEventListener("click", async () => {
  const nango = new Nango({ connectSessionToken: button.dataset.session });
  const { connectionId } = await nango.auth("smooch");
  button.textContent = connectionId;
});

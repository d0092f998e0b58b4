// oidc-client-ts, as in its README: the least code that completes a flow.
import { UserManager } from "oidc-client-ts";

const manager = new UserManager({
  authority: "https://app.smooch.io",
  client_id: "shoplifter",
  redirect_uri: location.origin + "/connected",
});

document.querySelector("#connect").addEventListener("click", () => manager.signinRedirect());
if (location.pathname === "/connected") {
  const user = await manager.signinCallback();
  dispatchEvent(new CustomEvent("connected", { detail: user.access_token }));
}

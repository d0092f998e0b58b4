// oauth4webapi's code flow in a page, as in its example for a public client: the least code that completes a flow.
import * as oauth from "oauth4webapi";

const server = {
  issuer: "https://app.smooch.io",
  authorization_endpoint: "https://app.smooch.io/oauth/authorize",
  token_endpoint: "https://app.smooch.io/oauth/token",
};
const client = { client_id: "shoplifter" };
const redirectUri = location.origin + "/connected";

document.querySelector("#connect").addEventListener("click", async () => {
  const verifier = (sessionStorage.verifier = oauth.generateRandomCodeVerifier());
  const authorize = new URL(server.authorization_endpoint);
  authorize.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: "code",
    state: (sessionStorage.state = oauth.generateRandomState()),
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  location.assign(authorize);
});

if (location.pathname === "/connected") {
  const response = oauth.validateAuthResponse(server, client, new URL(location), sessionStorage.state);
  const answer = await oauth.authorizationCodeGrantRequest(
    server, client, oauth.None(), response, redirectUri, sessionStorage.verifier,
  );
  const { access_token } = await oauth.processAuthorizationCodeResponse(server, client, answer);
  dispatchEvent(new CustomEvent("connected", { detail: access_token }));
}

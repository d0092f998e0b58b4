// Smooch's metadata for oauth4webapi. The two peers with hono and oauth4webapi share it.
import * as oauth from "oauth4webapi";

let known;

/** What does not change from request to request. */
export function smooch(env) {
  return (known ??= {
    server: { issuer: env.SMOOCH_ORIGIN, token_endpoint: env.SMOOCH_TOKEN_URL },
    client: { client_id: env.SMOOCH_CLIENT_ID },
    secret: oauth.ClientSecretPost(env.SMOOCH_CLIENT_SECRET),
  });
}

/** Exchanges the code of a validated authorization response. */
export async function exchange(env, response, redirectUri) {
  const { server, client, secret } = smooch(env);
  const answer = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    secret,
    response,
    redirectUri,
    oauth.nopkce, // Smooch does not document PKCE.
    { [oauth.allowInsecureRequests]: true }, // The stand-in is on loopback.
  );
  return (await oauth.processAuthorizationCodeResponse(server, client, answer)).access_token;
}

/** The app that a token names, in its payload. */
export const appOf = (token) => JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).appId;

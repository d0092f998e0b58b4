// @hono/oauth-providers, as in its README: the middleware runs the flow, and the handler after it stores the token.
// None of its providers accepts another server. Discord's sends the same token request as Smooch's API expects, a form.
import { discordAuth } from "@hono/oauth-providers/discord";
import { Hono } from "hono";

const app = new Hono();

app.use("/callback", (c, next) =>
  discordAuth({ client_id: c.env.SMOOCH_CLIENT_ID, client_secret: c.env.SMOOCH_CLIENT_SECRET, scope: ["identify"] })(c, next),
);

app.get("/callback", async (c) => {
  await c.env.CONNECTIONS.put(`connection/${c.get("user-discord").id}`, c.get("token").token);
  return c.redirect(c.env.RETURN_TO);
});

export default app;

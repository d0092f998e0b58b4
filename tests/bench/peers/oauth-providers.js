// @hono/oauth-providers as its README has it: the middleware does the flow, and the handler behind it stores the token.
// It has no provider that can be pointed elsewhere; Discord's speaks as Smooch does, a form to get a token from a code.
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

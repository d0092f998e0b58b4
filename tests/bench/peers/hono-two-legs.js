// hono and oauth4webapi with the two requests of the edge, so that each request can be compared: the callback checks the
// state and redirects, and a second request exchanges and stores. The state is in a cookie. One put, no sealing.
import { Hono } from "hono";
import { getCookie } from "hono/cookie";
import { cors } from "hono/cors";
import * as oauth from "oauth4webapi";
import { appOf, exchange, smooch } from "./smooch.js";

const app = new Hono();

app.get("/callback", (c) => {
  const url = new URL(c.req.url);
  const { server, client } = smooch(c.env);
  const response = oauth.validateAuthResponse(server, client, url, getCookie(c, "state"));
  const back = new URLSearchParams({ "smooch.receipt": response.get("code"), "smooch.state": response.get("state") });
  return c.redirect(`${c.env.RETURN_TO}#${back}`, 303);
});

app.post("/complete", cors({ origin: (origin, c) => (origin === c.env.PARTNER ? origin : null), credentials: true }), async (c) => {
  const form = await c.req.parseBody();
  const { server, client } = smooch(c.env);
  const given = new URLSearchParams({ code: form.receipt, state: form.state });
  const response = oauth.validateAuthResponse(server, client, given, getCookie(c, "state"));
  const token = await exchange(c.env, response, new URL("/callback", c.req.url).href);
  const id = appOf(token);
  await c.env.CONNECTIONS.put(`connection/${id}`, token);
  return c.json({ status: "connected", connection: { id } });
});

app.onError((error, c) => c.text(error.message, 400));

export default app;

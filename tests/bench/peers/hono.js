// A Worker as people write it today: hono and oauth4webapi, the state in a cookie, the exchange in the callback.
import { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import * as oauth from "oauth4webapi";
import { appOf, exchange, smooch } from "./smooch.js";

const app = new Hono();

app.get("/install", (c) => {
  const state = oauth.generateRandomState();
  setCookie(c, "state", state, { path: "/callback", httpOnly: true, secure: true, sameSite: "Lax", maxAge: 600 });
  const authorize = new URL(c.env.SMOOCH_AUTHORIZE_URL);
  authorize.searchParams.set("client_id", c.env.SMOOCH_CLIENT_ID);
  authorize.searchParams.set("response_type", "code");
  authorize.searchParams.set("redirect_uri", new URL("/callback", c.req.url).href);
  authorize.searchParams.set("state", state);
  return c.redirect(authorize.href);
});

app.get("/callback", async (c) => {
  const url = new URL(c.req.url);
  const { server, client } = smooch(c.env);
  // Without the cookie no state is expected, and oauth4webapi rejects a response that has one.
  const response = oauth.validateAuthResponse(server, client, url, getCookie(c, "state"));
  deleteCookie(c, "state", { path: "/callback", secure: true });
  const token = await exchange(c.env, response, new URL("/callback", url).href);
  await c.env.CONNECTIONS.put(`connection/${appOf(token)}`, token);
  return c.redirect(c.env.RETURN_TO);
});

app.onError((error, c) => c.text(error.message, 400));

export default app;

// The lower bound: a redirect, then one fetch and PUTS puts to store a token in KV. It checks nothing and seals nothing.
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/callback") {
      const location = `${env.RETURN_TO}#smooch.receipt=${searchParams.get("code")}`;
      return new Response(null, { status: 303, headers: { location } });
    }
    const code = new URLSearchParams(await request.text()).get("receipt");
    const answer = await fetch(env.SMOOCH_TOKEN_URL, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code,
        client_id: env.SMOOCH_CLIENT_ID,
        client_secret: env.SMOOCH_CLIENT_SECRET,
      }),
    });
    const { access_token } = await answer.json();
    await env.CONNECTIONS.put(`connection/${code}`, access_token);
    // The further writes of the edge, in the same order.
    const more = [];
    for (let put = 1; put < env.PUTS; put += 1) more.push(env.CONNECTIONS.put(`besides/${code}/${put}`, "", { expirationTtl: 600 }));
    await Promise.all(more);
    return Response.json({ status: "connected" });
  },
};

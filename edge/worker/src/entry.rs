//! The functions that Cloudflare calls: for a request, for the cron trigger and for a batch of the queue.
//!
//! worker-build's shim calls them, and starts a new instance after a panic.

use crate::{deployment::Deployment, platform::Cloudflare, queue::deliver_all, request::Incoming, response};
use edge::{
    budget::Budgeted,
    dispatch::handle,
    sweep::{self, MAX_OPERATIONS},
};
use js_sys::futures::future_to_promise;
use std::{
    future::Future as _,
    task::{Context, Poll, Waker},
};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::Request;
use worker::{
    Env, ScheduleContext, ScheduledEvent, event,
    worker_sys::{self, MessageBatch},
};

/// Responds to a request, with a `Response` or a promise of one.
///
/// `#[event(fetch)]` always makes a promise. The handler of `/callback` awaits nothing, so this polls once and returns
/// a ready `Response`. That saves 8 to 15 % of its processor time.
#[wasm_bindgen]
#[expect(
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "wasm-bindgen exports it to JavaScript and passes objects by value"
)]
pub fn fetch(request: Request, env: Env, context: worker_sys::Context) -> JsValue {
    let platform = Cloudflare::new(Deployment::of(&env));
    let (method, url) = (request.method(), request.url());
    let is_safe = matches!(method.as_str(), "GET" | "HEAD");
    let mut answer = Box::pin(async move {
        let settings = platform.deployment.settings();
        let platform = Budgeted::unlimited(&platform);
        let answer = handle(settings, &platform, &method, &url, &mut Incoming(request)).await;
        response::from(&answer)
    });
    if let Poll::Ready(response) = answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return response.into();
    }
    let promise = future_to_promise(async { Ok(answer.await.into()) });
    // The platform cancels a request whose client has disconnected, unless `waitUntil` keeps it alive. A token that
    // was obtained but not stored would be lost. A safe request (RFC 9110 §9.2.1) may be cancelled.
    if !is_safe {
        // `waitUntil` fails only after the request has ended.
        let _ = context.wait_until(&promise);
    }
    promise.into()
}

/// Runs the sweep, each time the cron trigger fires.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    let platform = Cloudflare::new(Deployment::of(&env));
    let settings = platform.deployment.settings();
    sweep::run_once(settings, &Budgeted::new(&platform, MAX_OPERATIONS)).await;
}

/// Delivers a batch of the queue.
///
/// `#[event(queue)]` does not give the number of attempts of a message, so this takes the raw batch.
#[wasm_bindgen(wasm_bindgen_futures = ::worker::wasm_bindgen_futures)]
#[expect(unreachable_pub, reason = "wasm-bindgen exports it to JavaScript")]
pub async fn queue(batch: MessageBatch, env: Env) -> Result<(), JsValue> {
    deliver_all(&batch, &Cloudflare::new(Deployment::of(&env))).await
}

//! The consumer of the queue of deliveries.

use crate::platform::Cloudflare;
use edge::{
    budget::Budgeted,
    delivery::{Verdict, deliver},
};
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use worker::{
    QueueRetryOptionsBuilder,
    worker_sys::{Message, MessageBatch},
};

/// Delivers the messages of a batch one after the other, so a receiver that was down does not get all of them at
/// once.
///
/// # Errors
///
/// If a call of the platform fails. The queue repeats the messages that were neither acknowledged nor retried.
pub(crate) async fn deliver_all(batch: &MessageBatch, platform: &Cloudflare) -> Result<(), JsValue> {
    let settings = platform.deployment.settings();
    let platform = Budgeted::unlimited(platform);
    for message in batch.messages()? {
        let attempts = Reflect::get(&message, &"attempts".into())?;
        let attempts = serde_wasm_bindgen::from_value(attempts).unwrap_or(1);
        let message = Message::from(message);
        let body = message.body()?.as_string().unwrap_or_default();
        match deliver(settings, &platform, &body, attempts).await {
            Verdict::Acknowledge => message.ack()?,
            Verdict::Retry(seconds) => {
                let options = QueueRetryOptionsBuilder::new().with_delay_seconds(seconds).build();
                message.retry(serde_wasm_bindgen::to_value(&options)?)?;
            }
        }
    }
    Ok(())
}

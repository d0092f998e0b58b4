//! The incoming request, and the functions that read bodies and headers.

use edge::http::{self, BodyError};
use js_sys::{Array, Promise, Reflect, Uint8Array, futures::JsFuture};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Headers, ReadableStream, ReadableStreamDefaultReader, Request};

pub(crate) struct Incoming(pub(crate) Request);

impl http::Incoming for Incoming {
    type Stream = ReadableStream;

    fn header(&self, name: &str) -> Option<String> {
        self.0.headers().get(name).ok().flatten()
    }

    fn headers(&self) -> Vec<(String, String)> {
        pairs(&self.0.headers())
    }

    fn stream(&mut self) -> Option<ReadableStream> {
        self.0.body()
    }

    async fn body(&mut self, limit: usize) -> Result<Vec<u8>, BodyError> {
        let Some(stream) = self.0.body() else { return Ok(Vec::new()) };
        let whole = if fits(&self.0.headers(), limit) { self.0.array_buffer().ok() } else { None };
        let body = read(stream, whole, limit).await.map_err(|_| BodyError::Broken)?;
        if body.len() <= limit { Ok(body) } else { Err(BodyError::TooLong) }
    }
}

/// All headers, names in lower case.
pub(crate) fn pairs(headers: &Headers) -> Vec<(String, String)> {
    let text = |pair: &Array, index| pair.get(index).as_string().unwrap_or_default();
    let pair = |pair: JsValue| {
        let pair: Array = pair.unchecked_into();
        (text(&pair, 0), text(&pair, 1))
    };
    Array::from(headers).into_iter().map(pair).collect()
}

/// `true` if the body has at most `limit` bytes by its `Content-Length` (RFC 9112 §6.3). `false` if it has a content
/// coding: the platform decodes it, so it may become longer.
pub(crate) fn fits(headers: &Headers, limit: usize) -> bool {
    let length = headers.get("content-length").ok().flatten().and_then(|length| length.parse().ok());
    length.is_some_and(|length: usize| length <= limit) && !headers.has("content-encoding").unwrap_or(true)
}

/// Reads a body: from `whole`, if it is given, otherwise chunk by chunk from `stream` until it exceeds `limit`.
///
/// Pass `whole` only if the body is known to have at most `limit` bytes: it is cheaper, but has no limit.
pub(crate) async fn read(
    stream: ReadableStream,
    whole: Option<Promise>,
    limit: usize,
) -> Result<Vec<u8>, JsValue> {
    if let Some(promise) = whole {
        return Ok(Uint8Array::new(&JsFuture::from(promise).await?).to_vec());
    }
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut body = Vec::new();
    while body.len() <= limit {
        let read = JsFuture::from(reader.read()).await?;
        let chunk = Reflect::get(&read, &"value".into())?;
        if chunk.is_undefined() {
            return Ok(body);
        }
        body.extend(Uint8Array::new(&chunk).to_vec());
    }
    let _ = reader.cancel();
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use edge::http::Incoming as _;
    use wasm_bindgen_test::wasm_bindgen_test;
    use web_sys::RequestInit;

    const URL: &str = "https://connect.partner.example/complete";

    fn request(body: &[u8]) -> Incoming {
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body(&Uint8Array::from(body).into());
        Incoming(Request::new_with_str_and_init(URL, &init).expect("a request"))
    }

    #[wasm_bindgen_test]
    async fn a_body_is_read_up_to_its_limit() {
        let body = [0, 159, 255, 10];
        assert_eq!(request(&body).body(4).await, Ok(body.to_vec()));
        assert_eq!(request(&body).body(3).await, Err(BodyError::TooLong));
        assert_eq!(request(&[]).body(3).await, Ok(Vec::new()));
    }

    #[wasm_bindgen_test]
    fn only_a_plain_body_with_a_length_within_the_limit_fits() {
        let check = |pairs: &[(&str, &str)], expected| {
            let headers = Headers::new().expect("headers");
            for (name, value) in pairs {
                headers.set(name, value).expect("a header");
            }
            assert_eq!(fits(&headers, 10), expected, "{pairs:?}");
        };
        check(&[("content-length", "10")], true);
        check(&[("content-length", "11")], false);
        check(&[("content-length", "-1")], false);
        check(&[("content-length", "ten")], false);
        check(&[("content-length", "10"), ("content-encoding", "gzip")], false);
        check(&[], false);
    }

    #[wasm_bindgen_test]
    fn headers_are_pairs_with_names_in_lower_case() {
        let headers = Headers::new().expect("headers");
        headers.set("X-Name", "a").expect("a header");
        headers.append("Accept", "b").expect("a header");
        assert_eq!(pairs(&headers), [("accept".into(), "b".into()), ("x-name".into(), "a".into())]);
    }
}

//! Converts the edge's response to the platform's `Response`.

use crate::js::{Fields, object};
use edge::http::{Body, COMMON_HEADERS, Response};
use serde::Serialize;
use wasm_bindgen::JsCast as _;
use web_sys::{ReadableStream, ResponseInit};

/// The second argument of `new Response`.
#[derive(Serialize)]
struct Init<'a> {
    status: u16,
    headers: Fields<'a>,
}

pub(crate) fn from(response: &Response<ReadableStream>) -> web_sys::Response {
    let common = if response.has_common_headers { &COMMON_HEADERS[..] } else { &[] };
    let own = response.headers.iter().map(|(name, value)| (&**name, &**value));
    let init = object(&Init {
        status: response.status,
        headers: Fields(common.iter().copied().chain(own).collect()),
    });
    let init = init.unchecked_ref::<ResponseInit>();
    // Fetch Standard, "null body status": a `Response` with such a status and a body throws.
    let is_null_body = matches!(response.status, 101 | 103 | 204 | 205 | 304);
    let made = match &response.body {
        Body::Stream(stream) if !is_null_body => {
            web_sys::Response::new_with_opt_readable_stream_and_init(Some(stream), init)
        }
        Body::Text(text) if !is_null_body && !text.is_empty() => {
            web_sys::Response::new_with_opt_str_and_init(Some(text), init)
        }
        Body::Text(_) | Body::Stream(_) => web_sys::Response::new_with_opt_str_and_init(None, init),
    };
    // `new Response` throws for a status below 200 or above 599. No handler answers with such a status.
    made.unwrap_or_else(|_| web_sys::Response::error())
}

#[cfg(test)]
mod tests {
    use super::*;
    use js_sys::futures::JsFuture;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn response(status: u16, body: Body<ReadableStream>) -> web_sys::Response {
        response_with(status, body, false)
    }

    fn response_with(status: u16, body: Body<ReadableStream>, has_common_headers: bool) -> web_sys::Response {
        let headers = vec![("content-type".into(), "text/plain".into()), ("x-name".into(), "\"a\"".into())];
        from(&Response { status, headers, has_common_headers, body })
    }

    async fn text(response: &web_sys::Response) -> String {
        let text = JsFuture::from(response.text().expect("a body")).await.expect("the body is whole");
        text.as_string().expect("a text")
    }

    #[wasm_bindgen_test]
    async fn status_headers_and_body_arrive() {
        let response = response(404, Body::Text("caf\u{e9}".into()));
        assert_eq!(response.status(), 404);
        assert_eq!(response.headers().get("x-name").expect("a name"), Some("\"a\"".into()));
        assert_eq!(text(&response).await, "caf\u{e9}");
    }

    #[wasm_bindgen_test]
    async fn a_streamed_body_arrives() {
        let stream = web_sys::Response::new_with_opt_str(Some("whole")).expect("a response").body();
        assert_eq!(text(&response(201, Body::Stream(stream.expect("a body")))).await, "whole");
    }

    #[wasm_bindgen_test]
    fn a_null_body_status_has_no_body() {
        for status in [204, 205, 304] {
            let response = response(status, Body::Text("ignored".into()));
            assert_eq!((response.status(), response.body()), (status, None));
        }
    }

    #[wasm_bindgen_test]
    fn a_status_outside_of_200_to_599_gives_an_error_response() {
        for status in [0, 199, 600] {
            assert_eq!(response(status, Body::Text(String::new())).type_(), web_sys::ResponseType::Error);
        }
    }
}

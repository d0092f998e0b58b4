//! Commands of Chromium's driver: logs, and the Chrome `DevTools` Protocol.

use super::{Browser, Engine, Raw, write_file};
use serde_json::{Value, json};
use std::path::Path;

/// These methods panic in any other engine.
impl Browser {
    /// Writes a screenshot of one element with a margin, at twice the size, to a PNG file.
    pub fn screenshot_of(&self, expression: &str, path: &Path) {
        let clip = self.js(&format!(
            "const box = ({expression}).getBoundingClientRect(); \
             return {{x: box.x - 12, y: box.y - 12, width: box.width + 24, height: box.height + 24, scale: 2}}"
        ));
        let screenshot = self.cdp("Page.captureScreenshot", &json!({"format": "png", "clip": clip}));
        let data = screenshot["data"].as_str().expect("the screenshot has data");
        let bytes =
            <base64ct::Base64 as base64ct::Encoding>::decode_vec(data).expect("the screenshot is base64");
        write_file(path, &bytes);
    }

    /// The new entries of a log of the driver since the last call: `browser` is the console, `performance` the network.
    #[must_use]
    pub fn log(&self, kind: &'static str) -> Vec<Value> {
        let log = self.chromium_command("se/log", json!({"type": kind}));
        log.as_array().cloned().unwrap_or_default()
    }

    /// Sends a command of the Chrome `DevTools` Protocol.
    pub fn cdp(&self, command: &str, parameters: &Value) -> Value {
        self.chromium_command("goog/cdp/execute", json!({"cmd": command, "params": parameters}))
    }

    fn chromium_command(&self, path: &'static str, body: Value) -> Value {
        assert_eq!(self.engine, Engine::Chromium, "only Chromium's driver supports {path}");
        self.run(self.client.issue_cmd(Raw { path, body }))
    }
}

//! Data that a page carries for its script, so that what it shows first is true.
//!
//! Promises: nothing in the data can end the element it stands in. It is data, which the policy against inline scripts lets
//! stand: browsers never run a script element of this type. Leaves to others: what the data is.

use serde_json::Value;

/// A document as it may stand in `<script type="application/json">`, unescaped.
#[must_use]
pub fn embedded(document: &Value) -> String {
    // In JSON these stand within texts only, where their escapes mean the same.
    document.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_text_ends_the_element_and_every_text_stays_the_same() {
        let document = json!({ "</script>": "<!--<script>&amp;" });
        let text = embedded(&document);
        assert!(!text.contains(['<', '>', '&']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), document);
    }
}

//! `GET /openapi.json`: the description of `/api/v1`, kept by hand beside the code.
//!
//! Promises: it names every endpoint that is routed and no other (a test compares them).

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// The document.
const DOCUMENT: &str = include_str!("../../assets/openapi.json");

/// The handler.
pub async fn get() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::api::ROUTES;
    use serde_json::Value;

    #[test]
    fn the_document_describes_exactly_the_routes_there_are() {
        let document: Value = serde_json::from_str(DOCUMENT).expect("it is JSON");
        let paths = document["paths"].as_object().expect("paths");
        let mut described: Vec<(String, String)> = Vec::new();
        for (path, item) in paths {
            for method in item.as_object().expect("an object").keys().filter(|key| *key != "parameters") {
                described.push((method.clone(), path.clone()));
            }
        }
        let mut routed: Vec<(String, String)> =
            ROUTES.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect();
        described.sort();
        routed.sort();
        assert_eq!(described, routed);
    }

    #[test]
    fn every_reference_inside_the_document_leads_somewhere() {
        let document: Value = serde_json::from_str(DOCUMENT).expect("it is JSON");
        let mut waiting = vec![&document];
        while let Some(value) = waiting.pop() {
            match value {
                Value::Object(object) => {
                    if let Some(Value::String(reference)) = object.get("$ref") {
                        let pointer = reference.trim_start_matches('#');
                        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                    }
                    waiting.extend(object.values());
                }
                Value::Array(values) => waiting.extend(values),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
    }
}

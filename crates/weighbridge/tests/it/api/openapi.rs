//! The document that is checked in is the one that is served.

#[test]
fn openapi_json_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        checked_in == weighbridge::http::openapi::text(),
        "openapi.json is not what the server serves: run `make openapi` and commit it"
    );
}

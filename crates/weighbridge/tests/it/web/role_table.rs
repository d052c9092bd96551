//! The table of roles in the documentation is the one in the code.

use domain::role::Capability;
use domain::{Role, permission};
use serde_json::{Map, Value, json};

#[test]
fn case_110_the_documented_table_of_roles_is_the_one_in_the_code() {
    let rows: Vec<Value> = Capability::ALL
        .iter()
        .map(|capability| {
            let mut row = Map::new();
            row.insert("capability".into(), json!(capability.as_str()));
            row.insert("description".into(), json!(capability.description()));
            for role in Role::ALL {
                let cell = permission(role, *capability).as_str();
                row.insert(role.as_str().to_owned(), json!(cell));
            }
            Value::Object(row)
        })
        .collect();
    let table = format!("{}\n", serde_json::to_string_pretty(&rows).unwrap());
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../web/src/docs/role-table.json"
    );
    if std::env::var_os("INSTA_UPDATE").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == table,
        "web/src/docs/role-table.json is not the table of crates/domain/src/role.rs\n  \
         Run: INSTA_UPDATE=always cargo nextest run role_table"
    );
}

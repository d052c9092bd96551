//! What tasks inherit from their project (api-v1.md 3.3).

use serde_json::{Map, Value};

use crate::task::COMMON;

/// The type's parameters of a task: its own, and for those that it omits the project's. A task's
/// value replaces the project's whole value.
pub fn effective_params(
    project_params: Option<&Map<String, Value>>,
    sent: Map<String, Value>,
) -> Map<String, Value> {
    let mut params = sent;
    for (name, value) in project_params.into_iter().flatten() {
        if !COMMON.contains(&name.as_str()) && !params.contains_key(name) && !value.is_null() {
            params.insert(name.clone(), value.clone());
        }
    }
    params
}

/// A task's instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instruction {
    /// What the API echoes: the task's, else the project's.
    pub echoed: Option<String>,
    /// What the labeler sees: the task's, then the project's.
    pub shown: Option<String>,
}

impl Instruction {
    /// What the labeler sees, where it differs from what is echoed.
    pub fn shown_if_other(&self) -> Option<String> {
        self.shown.clone().filter(|_| self.shown != self.echoed)
    }
}

/// The instruction of a task with `task`'s own text in a project with these params.
pub fn effective_instruction(
    task: Option<&str>,
    project_params: Option<&Map<String, Value>>,
) -> Instruction {
    let project = project_params
        .and_then(|params| params.get("instruction"))
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty());
    let (echoed, shown) = match (task, project) {
        (None, None) => (None, None),
        (Some(""), Some(project)) => (Some(String::new()), Some(project.to_owned())),
        (Some(text), None) | (None, Some(text)) => (Some(text.to_owned()), Some(text.to_owned())),
        (Some(task), Some(project)) => {
            (Some(task.to_owned()), Some(format!("{task}\n\n{project}")))
        }
    };
    Instruction { echoed, shown }
}

/// The next version of a project's params. Without `patch` the sent set replaces everything; with
/// it unsent parameters stay.
pub fn next_params(
    previous: &Map<String, Value>,
    sent: Map<String, Value>,
    patch: bool,
) -> Map<String, Value> {
    let mut next = if patch { previous.clone() } else { Map::new() };
    for (name, value) in sent {
        if value.is_null() {
            next.shift_remove(&name);
        } else {
            next.insert(name, value);
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_tasks_value_replaces_the_projects_whole_value() {
        let project = object(&json!({"geometries": {"box": {}}, "padding": 5, "instruction": "P"}));
        let merged = effective_params(Some(&project), object(&json!({"geometries": {"line": {}}})));
        assert_eq!(
            Value::Object(merged),
            json!({"geometries": {"line": {}}, "padding": 5})
        );
    }

    #[test]
    fn the_projects_instruction_is_appended_for_the_labeler_alone() {
        let project = object(&json!({"instruction": "P"}));
        let both = effective_instruction(Some("T"), Some(&project));
        assert_eq!(
            (both.echoed.as_deref(), both.shown.as_deref()),
            (Some("T"), Some("T\n\nP"))
        );
        assert_eq!(
            effective_instruction(None, Some(&project)).shown_if_other(),
            None
        );
    }

    #[test]
    fn patch_keeps_what_is_not_sent() {
        let previous = object(&json!({"a": 1, "b": 2}));
        let sent = object(&json!({"b": 3, "c": null}));
        assert_eq!(
            Value::Object(next_params(&previous, sent.clone(), true)),
            json!({"a": 1, "b": 3})
        );
        assert_eq!(
            Value::Object(next_params(&previous, sent, false)),
            json!({"b": 3})
        );
    }
}

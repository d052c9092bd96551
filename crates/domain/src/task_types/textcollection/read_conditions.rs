//! Checks the conditions of all fields: what they name exists, and they do not go in circles.

use std::collections::HashMap;

use super::condition::Condition;
use super::params::Field;
use crate::param::ParamError;

/// A condition may look at fields beside it or around it, and never in a circle.
pub(super) fn check_conditions(
    path: &str,
    fields: &[Field],
    around: &[&Field],
    errors: &mut Vec<ParamError>,
) {
    let beside: HashMap<&str, usize> = fields
        .iter()
        .enumerate()
        .map(|(index, field)| (field.field_id.as_str(), index))
        .collect();
    let targets: Vec<Vec<String>> = fields.iter().map(targets).collect();
    let edges: Vec<Vec<usize>> = targets
        .iter()
        .map(|targets| {
            targets
                .iter()
                .filter_map(|id| beside.get(id.as_str()).copied())
                .collect()
        })
        .collect();
    for (index, field) in fields.iter().enumerate() {
        let path = format!("{path}[{index}]");
        for target in &targets[index] {
            let known = beside
                .get(target.as_str())
                .map(|index| &fields[*index])
                .or_else(|| {
                    around
                        .iter()
                        .copied()
                        .find(|other| other.field_id == *target)
                });
            let problem = match known {
                None => format!("\"{target}\" is not the field_id of a field beside or around it"),
                Some(other) if other.kind.fields().is_some() => {
                    format!("\"{target}\" is a group of fields; compare one of its fields")
                }
                Some(_) => continue,
            };
            errors.push(ParamError::new(format!("{path}.conditions"), problem));
        }
        if leads_back(&edges, index) {
            errors.push(ParamError::new(
                format!("{path}.conditions"),
                "leads back to this field; conditions must not go in circles",
            ));
        }
        if let Some(below) = field.kind.fields() {
            let around: Vec<&Field> = around.iter().copied().chain(fields).collect();
            check_conditions(&format!("{path}.fields"), below, &around, errors);
        }
    }
}

fn targets(field: &Field) -> Vec<String> {
    let condition = field
        .conditions
        .as_ref()
        .and_then(|value| Condition::read("", value).ok());
    let mut ids: Vec<String> = condition
        .iter()
        .flat_map(Condition::field_ids)
        .map(str::to_owned)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Whether following conditions from a field comes back to it.
fn leads_back(edges: &[Vec<usize>], start: usize) -> bool {
    let mut open = edges[start].clone();
    let mut seen = vec![false; edges.len()];
    while let Some(index) = open.pop() {
        if index == start {
            return true;
        }
        if !std::mem::replace(&mut seen[index], true) {
            open.extend(&edges[index]);
        }
    }
    false
}

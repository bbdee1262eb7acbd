//! A checker for JSON schemas, of as much of the language as this project's schema uses; what it does not know it
//! refuses, so that nothing is left unchecked.

use serde_json::Value;

/// What is wrong with a value by a schema; nothing if all is well.
pub fn faults(root: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(root, root, value, "", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let schema = schema.as_object().expect("a schema is an object");
    for (word, wanted) in schema {
        let fault = match &**word {
            "$schema" | "$defs" | "title" | "description" => None,
            "$ref" => {
                let path = wanted.as_str().and_then(|path| path.strip_prefix('#'));
                let to = path
                    .and_then(|path| root.pointer(path))
                    .expect("a reference to what is there");
                check(root, to, value, at, faults);
                None
            }
            "oneOf" => {
                let each: Vec<Vec<String>> = (list(wanted).iter())
                    .map(|schema| {
                        let mut faults = Vec::new();
                        check(root, schema, value, at, &mut faults);
                        faults
                    })
                    .collect();
                let fitting = each.iter().filter(|faults| faults.is_empty()).count();
                (fitting != 1)
                    .then(|| format!("it is {fitting} of {}, not one: {each:?}", each.len()))
            }
            "type" => {
                let fits = match wanted {
                    Value::Array(types) => types.iter().any(|wanted| is(value, wanted)),
                    wanted => is(value, wanted),
                };
                (!fits).then(|| format!("{value} is no {wanted}"))
            }
            "enum" => {
                (!list(wanted).contains(value)).then(|| format!("{value} is none of {wanted}"))
            }
            "const" => (wanted != value).then(|| format!("{value} is not {wanted}")),
            "minimum" => {
                let below = value.as_f64().is_some_and(|v| Some(v) < wanted.as_f64());
                below.then(|| format!("{value} is below {wanted}"))
            }
            "required" => {
                let lacking = |name: &&Value| {
                    value.is_object() && value.get(name.as_str().expect("a name")).is_none()
                };
                let lacking: Vec<_> = list(wanted).iter().filter(lacking).collect();
                (!lacking.is_empty()).then(|| format!("{lacking:?} are lacking"))
            }
            "properties" => {
                for (name, schema) in wanted.as_object().expect("schemas by name") {
                    if let Some(value) = value.get(name) {
                        check(root, schema, value, &format!("{at}/{name}"), faults);
                    }
                }
                None
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                let others = value.as_object().into_iter().flatten();
                for (name, value) in
                    others.filter(|(name, _)| known.is_none_or(|k| !k.contains_key(*name)))
                {
                    let at = format!("{at}/{name}");
                    match wanted {
                        Value::Bool(false) => faults.push(format!("{at}: it is not in the schema")),
                        schema => check(root, schema, value, &at, faults),
                    }
                }
                None
            }
            "items" => {
                for (place, value) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, value, &format!("{at}/{place}"), faults);
                }
                None
            }
            other => panic!("the checker does not know '{other}'"),
        };
        faults.extend(fault.map(|fault| format!("{at}: {fault}")));
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn is(value: &Value, wanted: &Value) -> bool {
    match wanted.as_str().expect("a type's name") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the checker does not know the type '{other}'"),
    }
}

/// The schema of `--json`.
pub fn of_json() -> Value {
    serde_json::from_str(include_str!("../../../assets/json.schema.json")).expect("JSON")
}

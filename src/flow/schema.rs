//! The JSON Schema of flow files, made from the grammar: editors complete and check by what the compiler takes.

use serde_json::{Map, Value as Json, json};

use super::grammar::{DEFAULTS, Key, Shape, TOP, TYPES, Type};

/// The schema (JSON Schema 2020-12) as text.
pub fn schema() -> String {
    let mut top = of_keys(&TOP);
    top["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    top["title"] = json!("A flow of centralino");
    top["properties"]["schema"] = json!({"const": 1, "description": about(&TOP, "schema")});
    top["properties"]["nodes"] = json!({"type": "object", "additionalProperties": {"$ref": "#/$defs/node"}, "description": about(&TOP, "nodes")});
    top["properties"]["defaults"] = defaults();
    let one_of: Vec<Json> =
        TYPES.iter().map(|known| json!({"$ref": format!("#/$defs/{}", known.name)})).collect();
    let mut defs = Map::new();
    defs.insert(
        "node".to_owned(),
        json!({
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"enum": TYPES.iter().map(|known| known.name).collect::<Vec<_>>()}},
            "oneOf": one_of,
        }),
    );
    for known in &TYPES {
        defs.insert(known.name.to_owned(), node(known));
    }
    top["$defs"] = Json::Object(defs);
    format!("{top:#}")
}

fn about(keys: &[Key], name: &str) -> &'static str {
    keys.iter().find(|key| key.name == name).map_or("", |key| key.about)
}

/// A needed key of a node may stand in `defaults` instead, so only `type` is required.
fn node(known: &Type) -> Json {
    let mut node = of_keys(known.keys);
    node["description"] = json!(known.about);
    node["required"] = json!(["type"]);
    node["properties"]["type"] = json!({"const": known.name});
    node["properties"]["info"] =
        json!({"type": "boolean", "description": "It answers a request for information."});
    node["properties"]["exits"] = exits(known);
    node
}

fn exits(known: &Type) -> Json {
    if known.name == "subflow" {
        return json!({"type": "object", "additionalProperties": {"type": "string"}});
    }
    let exits = known.exits.iter().map(|exit| (exit.name.to_owned(), json!({"type": "string"})));
    json!({"type": "object", "properties": exits.collect::<Map<_, _>>(), "additionalProperties": false})
}

fn defaults() -> Json {
    let mut defaults = of_keys(&DEFAULTS);
    defaults["description"] = json!(about(&TOP, "defaults"));
    for known in &TYPES {
        let mut of_type = of_keys(known.keys);
        if let Some(of_type) = of_type.as_object_mut() {
            of_type.remove("required");
        }
        of_type["properties"]["exits"] = exits(known);
        of_type["properties"]["info"] = json!({"type": "boolean"});
        defaults["properties"][known.name] = of_type;
    }
    defaults
}

fn of_keys(keys: &[Key]) -> Json {
    let property = |key: &Key| {
        let mut schema = of_shape(&key.shape);
        schema["description"] = json!(key.about);
        (key.name.to_owned(), schema)
    };
    let properties: Map<_, _> = keys.iter().map(property).collect();
    let needed: Vec<_> = keys.iter().filter(|key| key.needed).map(|key| key.name).collect();
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !needed.is_empty() {
        schema["required"] = json!(needed);
    }
    schema
}

fn of_shape(shape: &Shape) -> Json {
    const KEY: &str = "^[0-9*#A-D]$";
    match shape {
        Shape::Text | Shape::Computed | Shape::Name => json!({"type": "string"}),
        Shape::Expression => json!({"type": "string", "pattern": "^\\$\\{.*\\}$"}),
        Shape::Names => {
            json!({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
        }
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Number => json!({"type": "integer"}),
        Shape::Count => json!({"type": "integer", "minimum": 0, "maximum": 1000}),
        Shape::Time => json!({"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"}),
        Shape::Digit => json!({"type": "string", "pattern": KEY}),
        Shape::Digits => json!({"type": "array", "items": {"type": "string", "pattern": KEY}}),
        Shape::KeyPlan => json!({
            "type": "object",
            "propertyNames": {"pattern": KEY},
            "additionalProperties": {"type": "string"},
        }),
        Shape::Word(words) => json!({"enum": words}),
        Shape::List(items) => json!({"type": "array", "items": of_shape(items)}),
        Shape::Of(keys) => of_keys(keys),
        Shape::Map(values) => json!({"type": "object", "additionalProperties": of_shape(values)}),
        Shape::Range => {
            json!({"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 9}, "minItems": 2, "maxItems": 2})
        }
        Shape::Value | Shape::Any => json!({}),
    }
}

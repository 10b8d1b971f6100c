//! The flows that cities begin with: their own tests pass, cover everything, and notice every change.

use super::*;

#[test]
fn shipped_flows_pass_their_tests_which_cover_every_node_and_exit() {
    for text in [DEMO, MILAN, STATUS, RECALL] {
        let flow = parsed(text);
        let report = flow.test(&sportello());
        assert_eq!(report.failures, [], "{}", flow.id());
        assert!(report.tests > 10);
        assert_eq!(report.coverage.missed_nodes, [""; 0], "{}", flow.id());
        assert_eq!(report.coverage.missed_exits, [""; 0], "{}", flow.id());
    }
}

#[test]
fn no_mutant_of_a_shipped_flow_survives() {
    for text in [DEMO, MILAN, STATUS, RECALL] {
        let flow = parsed(text);
        let mutants = flow.mutate(&sportello());
        assert_eq!(mutants.survivors, [], "{}", flow.id());
        assert!(mutants.tried > 30);
    }
}

#[test]
fn shipped_flows_are_laid_out_as_usual_and_fit_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    for text in [DEMO, MILAN, STATUS, RECALL] {
        assert_eq!(laid_out(text, "f.yaml").as_deref(), Ok(text));
        let flow: serde_json::Value = serde_saphyr::from_str(text).unwrap();
        fits(&flow, &schema, &schema, "").unwrap();
    }
}

#[test]
fn what_the_compiler_refuses_by_shape_does_not_fit_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    for spoil in [
        ("type: menu", "type: menù"),
        ("barge_in: false", "barge_in: 3"),
        ("schema: 1", "schema: 2"),
        ("prompt: menu\n", "promt: menu\n"),
        ("exits: {open: benvenuto}", "exits: {opened: benvenuto}"),
    ] {
        let text = DEMO.replacen(spoil.0, spoil.1, 1);
        assert_ne!(text, DEMO, "{spoil:?}");
        let flow: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        assert!(fits(&flow, &schema, &schema, "").is_err(), "{spoil:?}");
    }
}

/// The value is as the schema says: as much of JSON Schema as ours uses.
fn fits(
    value: &serde_json::Value,
    schema: &serde_json::Value,
    root: &serde_json::Value,
    at: &str,
) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.strip_prefix("#/$defs/").unwrap();
        return fits(value, &root["$defs"][name], root, at);
    }
    if let Some(any) = schema["oneOf"].as_array() {
        let faults: Vec<_> = any.iter().filter_map(|one| fits(value, one, root, at).err()).collect();
        if faults.len() + 1 != any.len() {
            return Err(format!("{at}: fits {} of {}: {faults:?}", any.len() - faults.len(), any.len()));
        }
        return Ok(());
    }
    let constant = schema.get("const").is_none_or(|constant| constant == value);
    let among = schema["enum"].as_array().is_none_or(|words| words.contains(value));
    let of_type = match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    if !(constant && among && of_type) {
        return Err(format!("{at}: {value} is not {schema}"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        if let Some(items) = schema.get("items") {
            fits(item, items, root, &format!("{at}/{index}"))?;
        }
    }
    for needed in schema["required"].as_array().into_iter().flatten() {
        if value.get(needed.as_str().unwrap()).is_none() {
            return Err(format!("{at} lacks {needed}"));
        }
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(known), _) => fits(field, known, root, &at)?,
            (None, serde_json::Value::Bool(false)) => return Err(format!("{at} is unknown")),
            (None, serde_json::Value::Object(other)) => {
                fits(field, &serde_json::Value::Object(other.clone()), root, &at)?
            }
            (None, _) => {}
        }
    }
    Ok(())
}

#[test]
fn drawings_and_sentences_name_every_node() {
    for text in [DEMO, MILAN, STATUS, RECALL] {
        let flow = parsed(text);
        let (mermaid, svg, sentences) = (flow.mermaid(), flow.svg(), flow.explained());
        for node in flow.nodes.iter().map(|node| node.id.as_str()) {
            assert!(mermaid.contains(&format!("<b>{node}</b>")), "{node}");
            assert!(sentences.contains(&format!("`{node}`")), "{node}");
        }
        assert_eq!(svg.matches("<rect").count(), flow.nodes.len() + 1, "a box for each node, and the paper");
    }
}

#[test]
fn rehearsal_leads_a_person_through_the_flow_and_hides_what_is_about_people() {
    let at = "2026-11-24T09:00:00Z".parse().unwrap();
    let now = Now { mono: Mono::ZERO, wall: at };
    let mut rehearsal = Rehearsal::new(parsed(DEMO), sportello(), now, "+390552768224");
    let first = rehearsal.start();
    assert_eq!(first[..3], ["allerta", "orario", "benvenuto"].map(|node| Line::Node(node.to_owned())));
    assert_eq!(rehearsal.cue(), Cue::Keys);
    rehearsal.answer("");
    rehearsal.answer("not_found"); // nothing is promised to this number
    let chosen = rehearsal.answer("1");
    assert!(chosen.contains(&Line::Note("waits in queue anagrafe".to_owned())), "{chosen:?}");
    assert!(matches!(rehearsal.cue(), Cue::Exit(exits) if exits.contains(&"no_seats")));
    rehearsal.answer("full");
    assert_eq!(rehearsal.cue(), Cue::Over);
    assert_eq!(rehearsal.vars(), [("coda".to_owned(), "\"anagrafe\"".to_owned())]);
}

#[test]
fn test_that_goes_otherwise_says_where_and_what_was_heard() {
    let spoilt = DEMO
        .replacen(
            "path: [allerta, orario, benvenuto, cerca_richiamata, menu, anagrafe, voto, fine]",
            "path: [allerta, orario, benvenuto, cerca_richiamata, menu, tributi, voto, fine]",
            1,
        )
        .replacen("Grazie e arrivederci.\"]", "Addio.\"]", 1);
    let failures = parsed(&spoilt).test(&sportello()).failures;
    let why = failures[0].why.join("\n");
    assert!(why.contains("path: step 6 should be `tributi`, and was `anagrafe`"), "{why}");
    assert!(why.contains("never heard: \"Addio.\""), "{why}");
}

#[test]
fn menu_tells_its_keys_and_where_they_lead_and_nodes_of_sub_flows_are_named_as_in_the_journal() {
    let flow = parsed(DEMO);
    let keys = flow.menu("menu_tributi").unwrap();
    let keys: Vec<_> = keys.iter().map(|(key, node)| (*key, node.as_str())).collect();
    assert_eq!(keys, [('1', "tari"), ('2', "tributi")]);
    assert_eq!(flow.menu("tributi"), None, "no menu");
    let names = flow.node_names();
    assert!(names.iter().any(|name| name == "richiamata/inizio"), "{names:?}");
    assert!(names.iter().all(|name| flow.find(name).is_some()), "{names:?}");
}

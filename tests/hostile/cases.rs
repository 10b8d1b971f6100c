//! Flow files that nobody wrote for a telephone: bombs, depths, floods, paths and secrets.
//!
//! Each is as large as its attack can be: what the bounds of the language let through to the part of the compiler that it aims at.

/// A file, and what its author must be told.
pub(crate) struct Case {
    /// What it tries.
    pub(crate) name: &'static str,
    /// The file.
    pub(crate) text: String,
    /// In the first lines of the answer.
    pub(crate) told: &'static str,
}

/// Just below the limit of the file's size, and above what any flow needs.
const ALMOST_TOO_LARGE: usize = 225_000;

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = yaml();
    cases.extend(floods());
    cases.extend(computed());
    cases.extend(names());
    cases
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

fn case(name: &'static str, text: impl Into<String>, told: &'static str) -> Case {
    Case { name, text: text.into(), told }
}

/// A flow of these nodes, after these declarations. It begins at `a`.
fn flow(declared: &str, nodes: &str) -> String {
    format!(
        "schema: 1\nid: x\nlanguages: [it]\nstart: a\nprompts: {{p: {{it: Uno}}}}\n{declared}\nnodes:\n{nodes}  fine: {{type: hangup}}\n"
    )
}

/// So much of it as fits.
fn filled(line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for at in 0.. {
        let line = line(at);
        if text.len() + line.len() > ALMOST_TOO_LARGE {
            break;
        }
        text += &line;
    }
    text
}

/// What aims at the reading of YAML.
fn yaml() -> Vec<Case> {
    let laughs: String = (1..10)
        .map(|at| format!("l{at}: &l{at} [{}]\n", vec![format!("*l{}", at - 1); 9].join(", ")))
        .collect();
    vec![
        case("a billion laughs", format!("l0: &l0 ha\n{laughs}"), "anchors and aliases"),
        case("a map merged into itself", "a: &x\n  <<: *x\n", "anchors and aliases"),
        case("10 MB of comment", "#".repeat(10 << 20), "larger than 256 KB"),
        case("10 MB of text", format!("a: \"{}\"", "x".repeat(10 << 20)), "larger than 256 KB"),
        case("10 MB of nodes", filled(|at| format!("n{at}: {{}}\n")).repeat(42), "larger than 256 KB"),
        case("lists within lists", "[".repeat(100_000), "nested too deeply"),
        case("maps within maps", "{a: ".repeat(60_000), "nested too deeply"),
        case("lines within lines", "- ".repeat(100_000), "nested too deeply"),
        case("keys within keys", "? ".repeat(100_000), "nested too deeply"),
        case("steps to the right", filled(|at| format!("{}a:\n", " ".repeat(at))), "nested too deeply"),
        case("120 000 entries", format!("a: [{}]", "1,".repeat(120_000)), "too many entries"),
        case("a key as long as the file", format!("{}: 1\n", "k".repeat(ALMOST_TOO_LARGE)), "f.yaml:1:"),
        case("a quote without end", format!("a: \"{}", "x".repeat(ALMOST_TOO_LARGE)), "not readable YAML"),
        case("escapes", format!("a: \"{}\"", "\\U0001F600".repeat(24_000)), "unknown key `a`"),
        case("block text", format!("a: >\n{}", filled(|_| "  x\n\n".to_owned())), "unknown key `a`"),
        case("two documents", "--- 1\n--- 2\n", "more than one document"),
        case("control characters", "\u{0}\u{1}", "f.yaml:1:1"),
        case("a tag that other readers run", "!!python/object:os.system {}", "tags such as"),
        case(
            "numbers without measure",
            flow("", "  a: {type: play, prompt: p, to: fine, retries: 1e999}\n"),
            "`retries`",
        ),
    ]
}

/// What aims at the compiler by mere numbers.
fn floods() -> Vec<Case> {
    let many = |line: &dyn Fn(usize) -> String, most: usize| -> String { (0..most).map(line).collect() };
    vec![
        case(
            "4 000 nodes",
            flow("", &many(&|at| format!("  n{at}: {{type: hangup}}\n"), 4_000)),
            "4001 nodes",
        ),
        case(
            "4 000 variables",
            flow(&format!("vars:\n{}", many(&|at| format!("  v{at}: {{type: number}}\n"), 4_000)), ""),
            "4000 variables",
        ),
        case(
            "languages without number",
            flow("", "").replace("[it]", &format!("[{}]", many(&|at| format!("l{at},"), 9_000))),
            "9000 languages",
        ),
        case("12 000 unknown keys", many(&|at| format!("schemaa{at}: 1\n"), 12_000), "unknown"),
        case("the same key over and over", "schema: 1\n".repeat(15_000), "twice"),
        case("nodes that all lead to all", flow("", &web(400, 10, "fine")), "without asking"),
        case(
            "ways to names that are near to many",
            flow("", &web(400, 10, &"n".repeat(60))),
            "which is not in this flow",
        ),
        case(
            "defaults that every node looks at",
            flow(
                &format!(
                    "defaults: {{menu: {{exits: {{{}}}}}}}",
                    many(&|at| format!("e{at}: fine, "), 8_000)
                ),
                &many(&|at| format!("  n{at}: {{type: menu, prompt: p, keys: {{\"1\": fine}}}}\n"), 900),
            ),
            "f.yaml:6:",
        ),
        case(
            "hours for the same day over and over",
            flow(
                &format!(
                    "schedules:\n  s:\n    open:\n      ? \"{}mon\"\n      : [{}]",
                    "mon,".repeat(25_000),
                    "\"08:00-09:00\", ".repeat(8_000)
                ),
                "",
            ),
            "`start` names the node `a`",
        ),
        case(
            "exceptions over centuries",
            flow(
                &format!(
                    "schedules:\n  s:\n    exceptions:\n{}",
                    many(
                        &|at| format!(
                            "      - {{date: \"{0}-01-01..{0}-12-31\", closed: true}}\n",
                            2000 + at
                        ),
                        3_000
                    )
                ),
                "",
            ),
            "more than 3660 days",
        ),
        case(
            "notices that every node says",
            flow(
                &format!("prompts: {{lungo: {{it: \"{}\"}}}}", "è ".repeat(40_000)),
                &many(&|at| format!("  n{at}: {{type: play, prompt: lungo, to: nn}}\n"), 900),
            ),
            "f.yaml:",
        ),
        case(
            "tests of nodes that are not there",
            flow(
                &format!(
                    "tests:\n  - {{name: t, at: \"2026-11-24T10:00\", path: [{}]}}",
                    many(&|at| format!("n{at}x, "), 10_000)
                ),
                &format!("  a: {{type: play, prompt: p, to: n0}}\n{}", chain(800)),
            ),
            "which is not in this flow",
        ),
    ]
}

/// Nodes each of which leads to so many others without asking, and at last to `last`.
fn web(nodes: usize, ways: usize, last: &str) -> String {
    let way = |at: usize, n: usize| format!("{{if: \"${{1 == 2}}\", to: n{}}}", (at * 31 + n * 17) % nodes);
    let node = |at: usize| {
        let when: Vec<String> = (0..ways).map(|n| way(at, n)).collect();
        format!("  n{at}: {{type: branch, when: [{}], else: {last}}}\n", when.join(", "))
    };
    "  a: {type: play, prompt: p, to: n0}\n".to_owned() + &(0..nodes).map(node).collect::<String>()
}

/// Nodes one after another.
fn chain(nodes: usize) -> String {
    let next = |at: usize| if at + 1 < nodes { format!("n{}", at + 1) } else { "fine".to_owned() };
    (0..nodes).map(|at| format!("  n{at}: {{type: play, prompt: p, to: {}}}\n", next(at))).collect()
}

/// What aims at expressions and patterns.
fn computed() -> Vec<Case> {
    let condition = |text: &str| {
        flow(
            "vars: {o: {type: object}, l: {type: list}, t: {type: string}}",
            &format!("  a: {{type: branch, when: [{{if: \"${{{text}}}\", to: fine}}], else: nowhere}}\n"),
        )
    };
    let pattern = |text: &str| {
        let node = format!(
            "  a: {{type: collect, prompt: p, save: n, pattern: '{text}', exits: {{ok: fine, timeout: fine, invalid: fine}}}}\n"
        );
        flow("vars: {n: {type: digits}}", &node)
    };
    let long = "vars.t + vars.t == ".to_owned() + &"(".repeat(400) + "vars.t" + &")".repeat(400);
    vec![
        case(
            "loops in expressions",
            condition("[1,2].map(x, [1,2].map(y, [1,2].map(z, x))) == [1]"),
            "no loops",
        ),
        case(
            "filters in filters",
            condition("vars.l.filter(x, vars.l.exists(y, y == x)).size() > 1"),
            "no loops",
        ),
        case("a macro over an object", condition("vars.o.all(k, vars.o.exists_one(j, j == k))"), "no loops"),
        case("patterns in expressions", condition("vars.t.matches('(a+)+$')"), "no function `matches`"),
        case("brackets in brackets", condition(&long), "longer than 512 bytes"),
        case(
            "deep brackets",
            condition(&format!("{}1{} == 1", "(".repeat(200), ")".repeat(200))),
            "too complex",
        ),
        case("not not not", condition(&format!("{}true", "!".repeat(450))), "goes to `nowhere`"),
        case("minus minus minus", condition(&format!("{}1 == 1", "- ".repeat(240))), "goes to `nowhere`"),
        case("sums of sums", condition(&format!("1{} == 1", "+1".repeat(240))), "too complex"),
        case("fields of fields", condition(&format!("vars.o{} == 1", ".a".repeat(240))), "too complex"),
        case(
            "a text of nothing but values",
            flow("", "").replace("Uno", &format!("\"{}\"", "${number(1)}".repeat(20_000))),
            "too complex",
        ),
        case("expressions without number", flow("", &filled_branches()), "goes to"),
        case("a pattern that explodes", pattern("(a+)+$"), "is no pattern"),
        case("a pattern that counts", pattern("x{1,99999}"), "is no pattern"),
        case("a pattern as long as the file", pattern(&"[0-9]".repeat(48_000)), "is no pattern"),
    ]
}

/// As many expressions as the file holds, each as costly to parse as is allowed, and a way that leads nowhere.
fn filled_branches() -> String {
    let expression = "1 == 2".to_owned() + &" || 'aaaa' < 'bbbb'".repeat(24);
    let when = filled(|_| format!("{{if: \"${{{expression}}}\", to: fine}}, "));
    format!("  a: {{type: branch, when: [{when}], else: nowhere}}\n")
}

/// What aims at folders, and what does not belong into a flow.
fn names() -> Vec<Case> {
    let mut cases = Vec::new();
    for path in
        ["../../etc/passwd", "/etc/passwd", "a/../../b", "..", "a\\\\b", "it/./x", "%2e%2e/x", "it/\\u0000"]
    {
        let sound = format!("  a: {{type: hangup, prompt: \"{path}\"}}\n");
        cases.push(case("a sound outside its folder", flow("", &sound), "is not the name of a sound"));
        let subflow = format!("  a: {{type: subflow, flow: \"{path}\", version: 1, exits: {{}}}}\n");
        cases.push(case("a sub-flow outside its folder", flow("", &subflow), "is not a name"));
        let slot = format!(
            "  a: {{type: bulletin, slot: \"{path}\", exits: {{none: fine, played: fine, closing: fine}}}}\n"
        );
        cases.push(case("a bulletin outside its folder", flow("", &slot), "is not a name"));
    }
    for secret in [
        "password: parola123",
        "api_key: \"0123456789\"",
        "x: \"Bearer abcdef0123456789\"",
        "x: \"https://utente:parola123@servizio.it/\"",
        "x: \"-----BEGIN RSA PRIVATE KEY-----\"",
    ] {
        let node = "  a: {type: hangup, prompt: p}\n";
        let text = flow(&format!("layout: {{{secret}}}"), node);
        cases.push(case("a secret", text, "looks like a secret"));
    }
    cases
}

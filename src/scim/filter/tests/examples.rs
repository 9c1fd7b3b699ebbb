//! Filters of RFC 7644, of its examples and of clients, as trees.

use crate::scim::filter::{Filter, Grammar, Literal, Operator, parse, parse_path};
use crate::scim::schema::AttributePath;
use crate::scim::{Problem, ScimType};

fn path(text: &str) -> AttributePath {
    AttributePath::parse(text).unwrap()
}

fn text(name: &str, operator: Operator, value: &str) -> Filter {
    Filter::Compare(path(name), operator, Literal::Text(value.to_owned()))
}

fn present(name: &str) -> Filter {
    Filter::Present(path(name))
}

fn strict(text: &str) -> Filter {
    parse(text, Grammar::Strict).unwrap_or_else(|problem| panic!("{text}: {problem}"))
}

fn lenient(text: &str) -> Filter {
    parse(text, Grammar::Lenient).unwrap_or_else(|problem| panic!("{text}: {problem}"))
}

/// RFC 7644 §3.4.2.2, the figure.
const FIGURE: &[&str] = &[
    r#"userName eq "bjensen""#,
    r#"name.familyName co "O'Malley""#,
    r#"userName sw "J""#,
    r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
    "title pr",
    r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
    r#"meta.lastModified ge "2011-05-13T04:42:34Z""#,
    r#"meta.lastModified lt "2011-05-13T04:42:34Z""#,
    r#"meta.lastModified le "2011-05-13T04:42:34Z""#,
    r#"title pr and userType eq "Employee""#,
    r#"title pr or userType eq "Intern""#,
    r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
    r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
    r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
    r#"userType eq "Employee" and (emails.type eq "work")"#,
    r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#,
    r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
];

#[test]
fn the_standards_own_filters_are_read_and_printed() {
    for text in FIGURE {
        let tree = strict(text);
        assert_eq!(lenient(text), tree, "{text}");
        if !text.contains("(emails.type") {
            assert_eq!(tree.to_string(), *text);
        }
    }
}

#[test]
fn and_binds_closer_than_or_and_chains_are_flat() {
    let (a, b, c) = (present("a"), present("b"), present("c"));
    let all = |list: &[&Filter]| Filter::And(list.iter().map(|filter| (*filter).clone()).collect());
    let any = |list: &[&Filter]| Filter::Or(list.iter().map(|filter| (*filter).clone()).collect());
    assert_eq!(strict("a pr or b pr and c pr"), any(&[&a, &all(&[&b, &c])]));
    assert_eq!(strict("(a pr or b pr) and c pr"), all(&[&any(&[&a, &b]), &c]));
    assert_eq!(strict("a pr and (b pr and c pr)"), all(&[&a, &b, &c]));
    assert_eq!(strict("a pr OR b pr Or c pr"), any(&[&a, &b, &c]));
    let not = |filter: &Filter| Filter::Not(Box::new(filter.clone()));
    assert_eq!(strict("not (a pr) and b pr"), all(&[&not(&a), &b]));
    assert_eq!(strict("NOT (not (a pr))"), not(&not(&a)));
}

#[test]
fn what_clients_write_beyond_the_grammar_is_understood() {
    use Operator::{Co, Eq, Gt, Sw};
    let work = || text("type", Eq, "work");
    let value = |parts: Vec<Filter>| Filter::Value(path("emails"), Box::new(Filter::all(parts)));
    let boolean = |name: &str, it| Filter::Compare(path(name), Eq, Literal::Boolean(it));
    let cases = [
        (r#"members[value eq"2819"]"#, Filter::Value(path("members"), Box::new(text("value", Eq, "2819")))),
        ("meta.resourceType eq User", text("meta.resourceType", Eq, "User")),
        (r#"members.$ref ew "x""#, text("members.$ref", Operator::Ew, "x")),
        (r#"not(userName eq "a")"#, Filter::Not(Box::new(text("userName", Eq, "a")))),
        (r#"emails[type eq "work"].value eq "x""#, value(vec![work(), text("value", Eq, "x")])),
        ("emails[primary eq true].value pr", value(vec![boolean("primary", true), present("value")])),
        (
            r#"emails[type eq "work" or type eq "home"].value co "x""#,
            value(vec![Filter::any(vec![work(), text("type", Eq, "home")]), text("value", Co, "x")]),
        ),
        ("externalId eq jyoung", text("externalId", Eq, "jyoung")),
        ("externalId eq 007", text("externalId", Eq, "007")),
        ("userName sw O", text("userName", Sw, "O")),
        (
            "meta.Created gt 2015-10-10T14:38:21.8617979-07:00",
            text("meta.Created", Gt, "2015-10-10T14:38:21.8617979-07:00"),
        ),
        ("active eq True", boolean("active", true)),
        ("active Eq FALSE", boolean("active", false)),
        (r#"active eq "True""#, text("active", Eq, "True")),
        ("( active eq true )", boolean("active", true)),
        (r#"(title pr)and(userType eq"x")"#, Filter::all(vec![present("title"), text("userType", Eq, "x")])),
        (r#"  userName  EQ  "John"  "#, text("userName", Eq, "John")),
        ("emails[value eq a@b.example]", Filter::Value(path("emails"), Box::new(text("value", Eq, "a@b.example")))),
        ("not pr", present("not")),
        ("title eq null", Filter::Compare(path("title"), Eq, Literal::Null)),
        ("n eq -1.5", Filter::Compare(path("n"), Eq, Literal::Number(serde_json::Number::from_f64(-1.5).unwrap()))),
    ];
    for (written, tree) in cases {
        assert_eq!(lenient(written), tree, "{written}");
    }
}

#[test]
fn a_strict_reader_refuses_what_is_lenient() {
    for text in [
        r#"members[value eq"2819"]"#,
        "meta.resourceType eq User",
        r#"members.$ref eq "x""#,
        r#"not(userName eq "a")"#,
        r#"emails[type eq "work"].value eq "x""#,
        "active eq True",
        "externalId eq jyoung",
        "not pr",
        "true pr",
    ] {
        assert!(parse(text, Grammar::Strict).is_err(), "{text}");
    }
}

fn refused(text: &str) -> Problem {
    parse(text, Grammar::Lenient).expect_err(text)
}

#[test]
fn what_is_no_filter_is_refused_with_its_place_and_nobodys_value() {
    let cases = [
        ("", "filter, byte 0: expected the name of an attribute, 'not' or '('"),
        ("userName", "filter, byte 8: expected an operator (eq, ne, co, sw, ew, pr, gt, ge, lt or le)"),
        (r#"userName xx "secret""#, "filter, byte 9: expected an operator (eq, ne, co, sw, ew, pr, gt, ge, lt or le)"),
        ("userName eq", "filter, byte 11: expected a value: a JSON string, a number, true, false or null"),
        (r#"userName eq "secret"#, "filter, byte 19: expected a closing quote"),
        (r#"userName eq "secret\q""#, "filter, byte 12: expected a JSON string"),
        (r#"(userName eq "secret""#, "filter, byte 21: expected 'and', 'or' or ')'"),
        (r#"userName eq "secret")"#, "filter, byte 20: expected 'and', 'or' or the end"),
        (r#"a pr and "secret""#, "filter, byte 9: expected the name of an attribute, 'not' or '('"),
        ("emails[type eq \"x\"", "filter, byte 18: expected 'and', 'or' or ']'"),
        ("emails[type[a pr]]", "filter, byte 11: expected an operator (eq, ne, co, sw, ew, pr, gt, ge, lt or le)"),
        ("a.b.c pr", "filter, byte 0: expected the name of an attribute, 'not' or '('"),
    ];
    for (text, detail) in cases {
        let problem = refused(text);
        assert_eq!(problem.detail, detail, "{text}");
        assert_eq!((problem.status, problem.kind), (400, Some(ScimType::InvalidFilter)));
        assert!(!problem.detail.contains("secret"));
    }
}

#[test]
fn length_depth_and_terms_are_bounded() {
    let nested = |depth: usize| format!("{}a pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(64), Grammar::Strict).is_ok());
    assert!(refused(&nested(65)).detail.contains("at most 64 open brackets"));
    assert!(refused(&"(".repeat(16_000)).detail.contains("at most 64 open brackets"));
    assert!(refused(&"not(".repeat(4_000)).detail.contains("at most 64 open brackets"));
    let chain = |terms: usize| vec!["a pr"; terms].join(" or ");
    assert!(parse(&chain(1_000), Grammar::Strict).is_ok());
    assert!(refused(&chain(1_001)).detail.contains("at most 1,000 comparisons"));
    assert!(refused(&" ".repeat(16 * 1024 + 1)).detail.contains("at most 16 KiB"));
    let wide = format!("a eq \"{}\"", "x".repeat(16 * 1024));
    assert_eq!(parse_path(&wide, Grammar::Lenient).unwrap_err().kind, Some(ScimType::InvalidPath));
}

#[test]
fn the_deepest_filter_there_is_can_be_printed_asked_and_dropped() {
    let level = "not (userName pr and (title pr or ";
    let deep = format!("{}a pr{}", level.repeat(32), "))".repeat(32));
    crate::scim::filter::fuzz(deep.as_bytes());
    assert_eq!(strict(&deep).to_string(), deep);
    let within = format!("emails[{}a pr{}].value eq x", level.repeat(31), "))".repeat(31));
    crate::scim::filter::fuzz(within.as_bytes());
    assert!(parse(&within, Grammar::Lenient).is_ok());
}

#[test]
fn paths_of_patch_are_read() {
    let read = |text: &str| parse_path(text, Grammar::Lenient).map(|path| (path.attribute, path.filter, path.sub));
    let some = |text: &str| Some(text.to_owned());
    let work = || Some(text("type", Operator::Eq, "work"));
    assert_eq!(read("members"), Ok((path("members"), None, None)));
    assert_eq!(read("name.familyName"), Ok((path("name.familyName"), None, None)));
    assert_eq!(read(r#"emails[type eq "work"]"#), Ok((path("emails"), work(), None)));
    assert_eq!(read(r#" emails[type eq "work"].value "#), Ok((path("emails"), work(), some("value"))));
    assert_eq!(read(r#"members[type eq "work"].$ref"#), Ok((path("members"), work(), some("$ref"))));
    let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    assert_eq!(read(urn), Ok((path(urn), None, None)));
    let manager = format!("{urn}:manager.displayName");
    assert_eq!(read(&manager), Ok((path(&manager), None, None)));
}

#[test]
fn a_path_and_the_filter_in_it_are_refused_by_their_own_names() {
    let kind = |text: &str| parse_path(text, Grammar::Lenient).unwrap_err().kind;
    for text in ["", "  ", "a.b.c", "a b", "a eq 1", "[a pr]", "a[b pr]c", "a[b pr].", "a[b pr].c.d", "a.b[c pr]", "/a"]
    {
        assert_eq!(kind(text), Some(ScimType::InvalidPath), "{text}");
    }
    for text in ["a[", "a[]", "a[b]", "a[b xx 1]", "a[b pr", "a[b[c pr]]", "a[b eq \"x]"] {
        assert_eq!(kind(text), Some(ScimType::InvalidFilter), "{text}");
    }
}

//! Random texts are read or give an error, without a panic and without an endless loop.

use proptest::prelude::*;

use super::{options, read};

/// Words of templates, so that random texts get past the parser.
const WORDS: [&str; 40] = [
    "Resources",
    "Properties",
    "Type",
    "functions",
    "events",
    "websocket",
    "Api",
    "Fn",
    "Globals",
    "Conditions",
    "Parameters",
    "Mappings",
    "Default",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Route",
    "AWS::Serverless::WebSocketApi",
    "AWS::Serverless::Function",
    "AWS::DynamoDB::Table",
    "ApiId",
    "Routes",
    "RouteKey",
    "Target",
    "WEBSOCKET",
    "ProtocolType",
    "RouteSelectionExpression",
    "$connect",
    "FunctionArn",
    "Ref",
    "Fn::GetAtt",
    "Fn::Sub",
    "Fn::Join",
    "Fn::If",
    "Fn.Arn",
    "${Api}",
    "${self:functions}",
    "${",
    "a,b",
    "TableName",
    "Condition",
    "<<",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::sample::select(&WORDS[..]).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ]
}

fn tree() -> impl Strategy<Value = serde_json::Value> {
    let leaf =
        prop_oneof![4 => word().prop_map(Into::into), 1 => any::<i32>().prop_map(Into::into)];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            proptest::collection::hash_map(word(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn read_any(text: &str) {
    let mut options = options();
    options.stage = Some("s".to_owned());
    let _ = read("x", text, &options);
}

proptest! {
    #[test]
    fn random_text_does_not_panic(text in "\\PC{0,200}") {
        read_any(&text);
    }

    #[test]
    fn random_lines_do_not_panic(lines in proptest::collection::vec((0..4_usize, word(), word()), 0..30)) {
        let line = |(deep, key, value): &(usize, String, String)| {
            format!("{}{key}: {value}\n", "  ".repeat(*deep))
        };
        read_any(&lines.iter().map(line).collect::<String>());
    }

    #[test]
    fn random_trees_do_not_panic(tree in tree(), resources in tree(), functions in tree()) {
        read_any(&tree.to_string());
        read_any(&serde_json::json!({"Resources": resources, "Globals": tree}).to_string());
        read_any(&serde_json::json!({"functions": functions, "resources": resources}).to_string());
    }

    /// A valid template with one word changed.
    #[test]
    fn a_template_with_a_random_change_does_not_panic(at in 0..4_000_usize, word in word()) {
        for text in [include_str!("fixtures/chat.yaml"), include_str!("fixtures/serverless.yml")] {
            let words: Vec<&str> = text.split_inclusive([' ', '\n']).collect();
            let at = at % words.len();
            let changed = [words[..at].concat(), word.clone(), words[at + 1..].concat()].concat();
            read_any(&changed);
        }
    }
}

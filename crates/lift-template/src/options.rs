//! What the user passes beside the template.

use std::collections::BTreeMap;

/// The values that a template needs from outside, and the choices that it leaves open.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadOptions {
    /// `AWS::StackName`, with which the names of functions and tables start.
    pub stack_name: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account_id: String,
    /// The values of parameters, by name.
    pub parameters: BTreeMap<String, String>,
    /// The stage to read if there are several, or another name for the only one.
    pub stage: Option<String>,
    /// The logical id of the API to read if there are several.
    pub api: Option<String>,
    /// Environment variables, for `${env:NAME}` in serverless.yml.
    pub environment: BTreeMap<String, String>,
}

impl ReadOptions {
    /// Options with a stack name, the region us-east-1, the account 000000000000, and nothing else.
    #[must_use]
    pub fn new(stack_name: impl Into<String>) -> Self {
        Self {
            stack_name: stack_name.into(),
            region: "us-east-1".to_owned(),
            account_id: "000000000000".to_owned(),
            parameters: BTreeMap::new(),
            stage: None,
            api: None,
            environment: BTreeMap::new(),
        }
    }
}

//! Schedules of each kind of template, and notices for what is not done.

use super::{options, read, show};

/// The lines of a template about schedules, and its notices.
#[track_caller]
fn check(file: &str, text: &str, expected: &[&str]) {
    let template = read(file, text, &options()).expect("a template");
    let shown = show(&template);
    let lines =
        shown.lines().filter(|line| line.starts_with("schedule ") || line.starts_with("- "));
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

const API: &str = "
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes: {$default: {FunctionArn: !GetAtt Chat.Arn}}
";

#[test]
fn schedules_of_sams_functions_are_read() {
    let text = format!(
        "Parameters: {{On: {{Default: false}}}}
{API}
  Chat:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Close: {{Type: Schedule, Properties: {{Schedule: rate(1 minute)}}}}
        Night:
          Type: Schedule
          Properties:
            Name: nightly
            Schedule: cron(0 2 * * ? *)
            Enabled: !Ref On
            Input: '{{\"full\": true}}'
            RetryPolicy: {{MaximumRetryAttempts: 1}}
        Queue: {{Type: SQS, Properties: {{Queue: !GetAtt Jobs.Arn}}}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Tick:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: rate(5 minutes)
            ScheduleExpressionTimezone: Europe/Berlin
            FlexibleTimeWindow: {{Mode: \"OFF\"}}
            StartDate: 2026-11-29T00:00:00Z
        Off: {{Type: ScheduleV2, Properties: {{ScheduleExpression: rate(1 day), State: DISABLED}}}}
        Wrong: {{Type: Schedule, Properties: {{Schedule: rate(1 minutes)}}}}
"
    );
    let events = "Resources.Worker.Properties.Events";
    check(
        "template.yaml",
        &text,
        &[
            "schedule ChatClose -> Chat: rate(1 minute)",
            "schedule nightly -> Chat: cron(0 2 * * ? *), disabled {\"full\": true}",
            "schedule WorkerTick -> Worker: rate(5 minutes) (scheduler)",
            "schedule WorkerOff -> Worker: rate(1 day) (scheduler), disabled",
            &format!(
                "- {events}.Tick.Properties.ScheduleExpressionTimezone: has no effect: times are in UTC here"
            ),
            &format!("- {events}.Tick.Properties.StartDate: is ignored"),
            &format!(
                "- {events}.Wrong.Properties.ScheduleExpression: the schedule never fires: \
                 `rate(1 minutes)`: write `rate(1 minute)`"
            ),
            "- Resources.Chat.Properties.Events.Queue: sends no events: only the WebSocket API and \
             schedules do",
        ],
    );
}

#[test]
fn rules_and_schedules_of_cloudformation_are_read() {
    let text = format!(
        "{API}
  Chat: {{Type: AWS::Serverless::Function, Properties: {{}}}}
  Worker: {{Type: AWS::Lambda::Function, Properties: {{FunctionName: worker, Code: {{ZipFile: x}}}}}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: cron(0/10 * ? * MON-FRI *)
      State: DISABLED
      Targets:
        - {{Arn: !GetAtt Worker.Arn, Id: a}}
        - {{Arn: !GetAtt Chat.Arn, Id: b, Input: '[1]', InputPath: $.x}}
        - {{Arn: arn:aws:sns:eu-west-1:123456789012:topic, Id: c}}
        - {{Arn: !GetAtt Chat.Arn, Id: d, Input: no json}}
  Once:
    Type: AWS::Scheduler::Schedule
    Properties:
      Name: once
      ScheduleExpression: at(2026-11-30T12:00:00)
      FlexibleTimeWindow: {{Mode: \"OFF\"}}
      Target: {{Arn: !GetAtt Worker.Arn, RoleArn: x, Input: '{{}}'}}
  Pattern: {{Type: AWS::Events::Rule, Properties: {{EventPattern: {{source: [aws.s3]}}}}}}
"
    );
    let targets = "Resources.Rule.Properties.Targets";
    check(
        "template.yaml",
        &text,
        &[
            "schedule Rule -> Worker: cron(0/10 * ? * MON-FRI *), disabled",
            "schedule Rule-2 -> Chat: cron(0/10 * ? * MON-FRI *), disabled [1]",
            "schedule Rule-3 -> Chat: cron(0/10 * ? * MON-FRI *), disabled",
            "schedule once -> Worker: at(2026-11-30T12:00:00) (scheduler) {}",
            &format!("- {targets}[1].InputPath: is ignored"),
            &format!("- {targets}[2].Arn: is not invoked: it is no function of this template"),
            &format!("- {targets}[3].Input: is not used: it is no JSON text"),
            "- Resources.Pattern: does not run locally: only schedules do",
        ],
    );
}

#[test]
fn schedule_events_of_the_serverless_framework_are_read() {
    let text = "
service: polls
provider: {name: aws, runtime: nodejs22.x}
functions:
  close:
    handler: a.b
    events:
      - websocket: $default
      - schedule: rate(10 minutes)
      - schedule:
          rate: [cron(0 12 * * ? *), rate(2 hours)]
          enabled: false
          name: often
          input: {key: value, list: [1, true]}
          inputPath: $.x
      - schedule:
          method: scheduler
          rate: rate(1 hour)
          timezone: UTC
          input: '{\"a\":1}'
          scheduleGroup: x
      - sqs: arn:aws:sqs:eu-west-1:123456789012:jobs
";
    check(
        "serverless.yml",
        text,
        &[
            "schedule CloseEventsRuleSchedule1 -> close: rate(10 minutes)",
            "schedule often -> close: cron(0 12 * * ? *), disabled {\"key\":\"value\",\"list\":[1,true]}",
            "schedule often-2 -> close: rate(2 hours), disabled {\"key\":\"value\",\"list\":[1,true]}",
            "schedule CloseEventsSchedule4 -> close: rate(1 hour) (scheduler) {\"a\":1}",
            "- functions.close.events[3].schedule.scheduleGroup: is ignored",
            "- functions.close.events[4]: sends no sqs events: only websocket and schedule do",
            "- functions.close.events[2].schedule.Targets[0].InputPath: is ignored",
            "- functions.close.events[2].schedule.Targets[0].InputPath: is ignored",
        ],
    );
}

#[test]
fn a_function_that_nothing_uses_is_read_if_it_can_run() {
    let text = format!(
        "{API}
  Chat: {{Type: AWS::Serverless::Function, Properties: {{}}}}
  Jobs: {{Type: AWS::Serverless::Function, Properties: {{Handler: jobs.handle}}}}
  Image: {{Type: AWS::Serverless::Function, Properties: {{ImageUri: x}}}}
"
    );
    let template = read("template.yaml", &text, &options()).expect("a template");
    let functions = template.functions.iter().map(|one| (&*one.id, one.is_used));
    assert_eq!(functions.collect::<Vec<_>>(), [("Chat", true), ("Jobs", false)]);
    let reason = "cannot be invoked: the code is in a container image, and not on this machine";
    assert_eq!(template.notices[0].message, reason);
}

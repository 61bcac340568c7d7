//! The event of a schedule, as its service sends it to a Lambda function.

use bytes::Bytes;
use jiff::Timestamp as Moment;
use lift_event::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{Schedule, ScheduleService};
use crate::ACCOUNT;

impl Schedule {
    /// Its event for the moment `at` in a Region.
    pub(super) fn event(&self, region: &str, at: Timestamp) -> Bytes {
        match (&self.input, self.service) {
            (None, service) => scheduled_event(service, &self.name, region, at),
            (Some(input), ScheduleService::Rule) => input.clone().into(),
            (Some(input), ScheduleService::Scheduler) => {
                let (id, time) = (Uuid::new_v4().to_string(), iso(at));
                let arn = self.service.arn(&self.name, region);
                // "Adding context attributes" in the guide of EventBridge Scheduler.
                let values = [
                    ("<aws.scheduler.schedule-arn>", &*arn),
                    ("<aws.scheduler.scheduled-time>", &time),
                    ("<aws.scheduler.execution-id>", &id),
                    ("<aws.scheduler.attempt-number>", "1"),
                ];
                let replace = |text: String, (name, value): (&str, &str)| text.replace(name, value);
                values.into_iter().fold(input.clone(), replace).into()
            }
        }
    }
}

impl ScheduleService {
    fn arn(self, name: &str, region: &str) -> String {
        match self {
            Self::Rule => format!("arn:aws:events:{region}:{ACCOUNT}:rule/{name}"),
            Self::Scheduler => {
                format!("arn:aws:scheduler:{region}:{ACCOUNT}:schedule/default/{name}")
            }
        }
    }
}

/// The event that a service sends for a schedule without an event of its own.
#[must_use]
pub fn scheduled_event(service: ScheduleService, name: &str, region: &str, at: Timestamp) -> Bytes {
    let (source, detail) = match service {
        ScheduleService::Rule => ("aws.events", json!({})),
        ScheduleService::Scheduler => ("aws.scheduler", json!("{}")),
    };
    let event = json!({
        "version": "0",
        "id": Uuid::new_v4().to_string(),
        "detail-type": "Scheduled Event",
        "source": source,
        "account": ACCOUNT,
        "time": iso(at),
        "region": region,
        "resources": [service.arn(name, region)],
        "detail": detail,
    });
    event.to_string().into()
}

/// `2026-11-21T09:15:24Z`
fn iso(at: Timestamp) -> String {
    let seconds = i64::try_from(at.as_secs()).unwrap_or_default();
    Moment::from_second(seconds).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn schedule(service: ScheduleService) -> Schedule {
        let expression = "rate(1 minute)".parse().expect("an expression");
        Schedule { service, ..Schedule::new("close", "chat", expression) }
    }

    fn event(schedule: &Schedule) -> Value {
        let at = Timestamp::from_millis(1_795_942_800_999);
        serde_json::from_slice(&schedule.event("eu-west-1", at)).expect("JSON")
    }

    #[test]
    fn events_have_the_fields_of_each_service() {
        let mut rule = event(&schedule(ScheduleService::Rule));
        assert_eq!(rule["id"].take().as_str().map(str::len), Some(36));
        let expected = json!({
            "version": "0", "id": null, "detail-type": "Scheduled Event", "source": "aws.events",
            "account": "000000000000", "time": "2026-11-29T09:00:00Z", "region": "eu-west-1",
            "resources": ["arn:aws:events:eu-west-1:000000000000:rule/close"], "detail": {},
        });
        assert_eq!(rule, expected);
        let scheduler = event(&schedule(ScheduleService::Scheduler));
        assert_eq!(scheduler["source"], "aws.scheduler");
        assert_eq!(scheduler["detail"], "{}");
        let arn = "arn:aws:scheduler:eu-west-1:000000000000:schedule/default/close";
        assert_eq!(scheduler["resources"], json!([arn]));
    }

    #[test]
    fn an_input_is_the_event() {
        let input = r#"{"at":"<aws.scheduler.scheduled-time>"}"#;
        for (service, at) in [
            (ScheduleService::Rule, "<aws.scheduler.scheduled-time>"),
            (ScheduleService::Scheduler, "2026-11-29T09:00:00Z"),
        ] {
            let schedule = Schedule { input: Some(input.to_owned()), ..schedule(service) };
            assert_eq!(event(&schedule), json!({ "at": at }));
        }
    }
}

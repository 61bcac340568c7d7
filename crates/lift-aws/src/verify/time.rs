//! Until when a signature is good, and the form of its times.

use std::time::{Duration, SystemTime};

use aws_smithy_types::{DateTime, date_time::Format};

use super::{
    SignatureError,
    shown::{Place, Shown},
};

impl Shown {
    /// Whether the signature is good at this time.
    pub(super) fn check_time(&self, now: SystemTime, skew: Duration) -> Result<(), SignatureError> {
        let (time, minutes) = (self.time, skew.as_secs() / 60);
        let shown = format(time);
        if shown.get(..8) != Some(&self.scope_date) {
            return Err(SignatureError::invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{}' != '{}', from '{shown}'.",
                self.scope_date,
                shown.get(..8).unwrap_or_default()
            )));
        }
        let life = match self.place {
            Place::Header => skew,
            Place::Query { expires } => expires,
        };
        if now > time + life {
            let oldest = format(now - life);
            let now = format(now);
            return Err(SignatureError::invalid(match self.place {
                Place::Header => format!(
                    "Signature expired: {shown} is now earlier than {oldest} ({now} - {minutes} min.)"
                ),
                Place::Query { .. } => {
                    format!("Signature expired: {shown} is now earlier than {oldest} ({now})")
                }
            }));
        }
        if time > now + skew {
            let (latest, now) = (format(now + skew), format(now));
            return Err(SignatureError::invalid(format!(
                "Signature not yet current: {shown} is still later than {latest} ({now} + {minutes} min.)"
            )));
        }
        Ok(())
    }
}

/// `20261121T091524Z`, in ISO 8601's basic format.
pub(super) fn parse(date: &str) -> Option<SystemTime> {
    if date.len() != 16 || !date.is_ascii() {
        return None;
    }
    let extended = format!(
        "{}-{}-{}T{}:{}:{}",
        &date[..4],
        &date[4..6],
        &date[6..8],
        &date[9..11],
        &date[11..13],
        &date[13..]
    );
    let time = DateTime::from_str(&extended, Format::DateTime).ok()?;
    (date.as_bytes()[8] == b'T').then_some(time)?.try_into().ok()
}

fn format(time: SystemTime) -> String {
    let text = DateTime::from(time).fmt(Format::DateTime).unwrap_or_default();
    let seconds = text.split('.').next().unwrap_or_default();
    let digits: String = seconds.chars().filter(|c| c.is_ascii_digit() || *c == 'T').collect();
    digits + "Z"
}

//! `cron(minutes hours day-of-month month day-of-week year)`, by EventBridge's rules.

use std::ops::RangeInclusive;

use super::calendar::Date;

const MINUTES_OF_DAY: i64 = 24 * 60;

/// The years that EventBridge allows.
const YEARS: RangeInclusive<u32> = 1970..=2199;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const SATURDAY: u32 = 7;
const SUNDAY: u32 = 1;

/// The fields of an expression. Numbers are sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: Vec<u32>,
    hours: Vec<u32>,
    days: Days,
    months: Vec<u32>,
    years: Vec<u32>,
}

/// The days: one of the two fields for days is `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Days {
    OfMonth(Vec<DayOfMonth>),
    OfWeek(Vec<DayOfWeek>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum DayOfMonth {
    Days(Vec<u32>),
    /// `L`
    Last,
    /// `3W`: the weekday that is nearest to the day, in the same month.
    WeekdayNear(u32),
    /// `LW`: the last weekday of the month.
    LastWeekday,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum DayOfWeek {
    Days(Vec<u32>),
    /// `6L`: the last one of the month.
    Last(u32),
    /// `6#3`: the third one of the month.
    Nth(u32, u32),
}

/// A field for the parser.
struct Field {
    name: &'static str,
    range: RangeInclusive<u32>,
    /// Names of the values, from the first value of `range` on.
    names: &'static [&'static str],
}

const MINUTE: Field = Field { name: "minutes", range: 0..=59, names: &[] };
const HOUR: Field = Field { name: "hours", range: 0..=23, names: &[] };
const DAY_OF_MONTH: Field = Field { name: "day-of-month", range: 1..=31, names: &[] };
const MONTH: Field = Field { name: "month", range: 1..=12, names: &MONTHS };
const DAY_OF_WEEK: Field = Field { name: "day-of-week", range: 1..=7, names: &WEEKDAYS };
const YEAR: Field = Field { name: "year", range: YEARS, names: &[] };

impl Cron {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let &[minutes, hours, day_of_month, months, day_of_week, years] = &fields[..] else {
            return Err(format!(
                "it has {} fields, and EventBridge needs six: minutes, hours, day-of-month, month, day-of-week, year",
                fields.len()
            ));
        };
        let days = match (day_of_month, day_of_week) {
            ("?", "?") | ("*", "*") => {
                return Err(
                    "write `?` in one of day-of-month and day-of-week, and `*` in the other"
                        .to_owned(),
                );
            }
            (_, "?") => {
                let items = day_of_month.split(',').map(days_of_month);
                Days::OfMonth(items.collect::<Result<_, _>>()?)
            }
            ("?", _) => Days::OfWeek(days_of_week(day_of_week)?),
            _ => {
                return Err("write `?` in day-of-month or in day-of-week: EventBridge takes days by one of them".to_owned());
            }
        };
        Ok(Self {
            minutes: MINUTE.numbers(minutes)?,
            hours: HOUR.numbers(hours)?,
            days,
            months: MONTH.numbers(months)?,
            years: YEAR.numbers(years)?,
        })
    }

    /// The first minute after `minute` that matches, both in minutes since 1970.
    pub(super) fn next_after(&self, minute: i64) -> Option<i64> {
        let last_year = i32::try_from(*self.years.last()?).ok()?;
        let start = minute + 1;
        let (mut day, mut from) =
            (start.div_euclid(MINUTES_OF_DAY), start.rem_euclid(MINUTES_OF_DAY));
        loop {
            let date = Date::of_days(day);
            if date.year > last_year {
                return None;
            }
            if self.has_date(date)
                && let Some(found) = self.time_from(from)
            {
                return Some(day * MINUTES_OF_DAY + found);
            }
            (day, from) = (day + 1, 0);
        }
    }

    fn has_date(&self, date: Date) -> bool {
        self.months.contains(&date.month)
            && u32::try_from(date.year).is_ok_and(|year| self.years.binary_search(&year).is_ok())
            && match &self.days {
                Days::OfMonth(days) => days.iter().any(|day| day.has(date)),
                Days::OfWeek(days) => days.iter().any(|day| day.has(date)),
            }
    }

    /// The first matching minute of a day at or after `from`.
    fn time_from(&self, from: i64) -> Option<i64> {
        let times = self
            .hours
            .iter()
            .flat_map(|hour| self.minutes.iter().map(move |minute| i64::from(hour * 60 + minute)));
        times.into_iter().find(|time| *time >= from)
    }
}

impl DayOfMonth {
    fn has(&self, date: Date) -> bool {
        let last = date.month_length();
        match self {
            Self::Days(days) => days.contains(&date.day),
            Self::Last => date.day == last,
            Self::WeekdayNear(day) => {
                *day <= last && weekday_near(Date { day: *day, ..date }) == date.day
            }
            Self::LastWeekday => weekday_near(Date { day: last, ..date }) == date.day,
        }
    }
}

/// The day of the same month that is the nearest weekday to `date`.
fn weekday_near(date: Date) -> u32 {
    let day = date.day;
    match date.weekday() {
        SATURDAY if day == 1 => 3,
        SATURDAY => day - 1,
        SUNDAY if day == date.month_length() => day - 2,
        SUNDAY => day + 1,
        _ => day,
    }
}

impl DayOfWeek {
    fn has(&self, date: Date) -> bool {
        match self {
            Self::Days(days) => days.contains(&date.weekday()),
            Self::Last(weekday) => date.weekday() == *weekday && date.day + 7 > date.month_length(),
            Self::Nth(weekday, number) => {
                date.weekday() == *weekday && (date.day - 1) / 7 + 1 == *number
            }
        }
    }
}

fn days_of_month(item: &str) -> Result<DayOfMonth, String> {
    match item {
        "L" => return Ok(DayOfMonth::Last),
        "LW" => return Ok(DayOfMonth::LastWeekday),
        _ => {}
    }
    match item.strip_suffix('W') {
        Some(day) => DAY_OF_MONTH.number(day).map(DayOfMonth::WeekdayNear),
        None => DAY_OF_MONTH.numbers(item).map(DayOfMonth::Days),
    }
}

fn days_of_week(field: &str) -> Result<Vec<DayOfWeek>, String> {
    if let Some((day, number)) = field.split_once('#') {
        let number = number.parse().ok().filter(|number| (1..=5).contains(number));
        let number = number.ok_or_else(|| {
            format!("`{field}` in day-of-week: write one day and its number, such as `FRI#2`")
        })?;
        return Ok(vec![DayOfWeek::Nth(DAY_OF_WEEK.number(day)?, number)]);
    }
    let item = |item: &str| match item.strip_suffix('L') {
        // The last day of the week.
        Some("") => Ok(DayOfWeek::Days(vec![SATURDAY])),
        Some(day) => DAY_OF_WEEK.number(day).map(DayOfWeek::Last),
        None => DAY_OF_WEEK.numbers(item).map(DayOfWeek::Days),
    };
    field.split(',').map(item).collect()
}

impl Field {
    /// The numbers of a list of values, ranges and increments.
    fn numbers(&self, field: &str) -> Result<Vec<u32>, String> {
        let mut all = Vec::new();
        for item in field.split(',') {
            all.extend(self.item(item)?);
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    fn item(&self, item: &str) -> Result<Vec<u32>, String> {
        let (start, end) = (*self.range.start(), *self.range.end());
        let (values, step) = match item.split_once('/') {
            Some((values, step)) => {
                let step = step.parse().ok().filter(|step| *step > 0);
                (values, Some(step.ok_or_else(|| self.wrong(item))?))
            }
            None => (item, None),
        };
        let (first, last) = match values.split_once('-') {
            Some((first, last)) => (self.number(first)?, self.number(last)?),
            None if values == "*" => (start, end),
            // `5/10` is from 5 to the end of the range.
            None if step.is_some() => (self.number(values)?, end),
            None => {
                let number = self.number(values)?;
                (number, number)
            }
        };
        // `20-2` goes over the end of the range.
        let size = end - start + 1;
        let length = (last + size - first) % size;
        let numbers = (0..=length).step_by(step.unwrap_or(1));
        Ok(numbers.map(|offset| start + (first - start + offset) % size).collect())
    }

    fn number(&self, text: &str) -> Result<u32, String> {
        let named = self.names.iter().position(|name| text.eq_ignore_ascii_case(name));
        let number = match named {
            Some(index) => u32::try_from(index).ok().map(|index| self.range.start() + index),
            None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            None => None,
        };
        number.filter(|number| self.range.contains(number)).ok_or_else(|| self.wrong(text))
    }

    fn wrong(&self, text: &str) -> String {
        let (start, end) = (self.range.start(), self.range.end());
        let names = match self.names {
            [first, .., last] => format!(" or {first}-{last}"),
            _ => String::new(),
        };
        format!("`{text}` in {}: it takes {start}-{end}{names}", self.name)
    }
}

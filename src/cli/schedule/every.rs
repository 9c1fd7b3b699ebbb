//! How often a timer looks whether something is due.

/// Minutes that part an hour, or hours that part a day: what every platform's calendar can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Every {
    /// In minutes.
    pub(super) minutes: u32,
}

const DAY: u32 = 24 * 60;

/// `15m`, `1h`.
pub(super) fn every(text: &str) -> Result<Every, String> {
    let minutes = text.parse::<jiff::SignedDuration>().ok().filter(|it| it.as_secs() % 60 == 0).map(|it| it.as_mins());
    let minutes = minutes.and_then(|minutes| u32::try_from(minutes).ok()).filter(|minutes| *minutes > 0);
    let parts =
        |minutes: &u32| 60_u32.is_multiple_of(*minutes) || minutes.is_multiple_of(60) && DAY.is_multiple_of(*minutes);
    minutes.filter(parts).map(|minutes| Every { minutes }).ok_or_else(|| {
        "write minutes that part an hour (5m, 10m, 15m, 30m) or hours that part a day (1h, 2h, 4h)".into()
    })
}

impl Every {
    /// The minutes of the hour and, unless it is every hour, the hours of the day at which it is time.
    pub(super) fn calendar(self) -> (Vec<u32>, Option<Vec<u32>>) {
        if self.minutes <= 60 {
            return ((0..60).step_by(self.minutes as usize).collect(), None);
        }
        (vec![0], Some((0..24).step_by(self.minutes as usize / 60).collect()))
    }

    /// The five fields of a crontab's line.
    pub(super) fn cron(self) -> String {
        match self.minutes {
            1 => "* * * * *".to_owned(),
            minutes if minutes < 60 => format!("*/{minutes} * * * *"),
            60 => "0 * * * *".to_owned(),
            DAY => "0 0 * * *".to_owned(),
            minutes => format!("0 */{} * * *", minutes / 60),
        }
    }

    /// systemd's calendar.
    pub(super) fn systemd(self) -> String {
        match self.minutes {
            minutes if minutes < 60 => format!("*:0/{minutes}"),
            60 => "hourly".to_owned(),
            DAY => "daily".to_owned(),
            minutes => format!("0/{}:00", minutes / 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_every_calendar_can_say() {
        for (text, cron, systemd) in [
            ("1m", "* * * * *", "*:0/1"),
            ("15m", "*/15 * * * *", "*:0/15"),
            ("1h", "0 * * * *", "hourly"),
            ("60m", "0 * * * *", "hourly"),
            ("4h", "0 */4 * * *", "0/4:00"),
            ("24h", "0 0 * * *", "daily"),
        ] {
            let every = every(text).unwrap();
            assert_eq!((&*every.cron(), &*every.systemd()), (cron, systemd), "{text}");
        }
        for wrong in ["7m", "0m", "-5m", "30s", "90m", "5h", "48h", "x", ""] {
            assert!(every(wrong).is_err(), "{wrong}");
        }
        assert_eq!(every("20m").unwrap().calendar(), (vec![0, 20, 40], None));
        assert_eq!(every("12h").unwrap().calendar(), (vec![0], Some(vec![0, 12])));
    }
}

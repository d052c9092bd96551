//! When callbacks are tried (cases 114, 118, 119, 136).

use serde_json::json;

use super::harness::{Delivering, Receiver, Reply};
use crate::app::{TestApp, both_engines};

/// Offsets of the tries from the first, in seconds, and the delays before them (callbacks.md 3.3).
const OFFSETS: [(i64, i64); 21] = [
    (0, 0),
    (5, 5),
    (20, 15),
    (50, 30),
    (110, 60),
    (230, 120),
    (530, 300),
    (1_130, 600),
    (2_030, 900),
    (3_830, 1_800),
    (6_530, 2_700),
    (10_130, 3_600),
    (15_530, 5_400),
    (22_730, 7_200),
    (29_930, 7_200),
    (37_130, 7_200),
    (46_130, 9_000),
    (55_130, 9_000),
    (64_130, 9_000),
    (74_930, 10_800),
    (85_730, 10_800),
];
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

both_engines! {
    async fn case_114_a_completed_task_is_told_once(app: TestApp) {
        let receiver = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        let task_id = delivering.complete_task(json!({"callback_url": receiver.url})).await;
        delivering.settle().await;
        let got = receiver.got();
        assert_eq!(got.len(), 1);
        let key = delivering.app.made.live_callback_auth_key.expose();
        assert_eq!(got[0].headers["scale-callback-auth"], key);
        assert_eq!(got[0].headers["content-type"], "application/json");
        assert_eq!(got[0].headers["weighbridge-event"], "task.completed");
        assert_eq!(got[0].headers["weighbridge-attempt"], "1");
        let body = got[0].json();
        assert_eq!((&body["status"], &body["task_id"]), (&json!("completed"), &json!(task_id)));
        let task = delivering.app.live().get(&format!("/v1/task/{task_id}")).await.expect(200);
        assert_eq!(task["callback_succeeded"], true);
        delivering.advance(120_000).await;
        assert_eq!(receiver.got().len(), 1, "acknowledged once is enough");
    }

    async fn case_118_a_dead_receiver_gets_21_tries_in_a_day(app: TestApp) {
        let receiver = Receiver::answering(&app, 500).await;
        let delivering = Delivering::start(app);
        let task_id = delivering.complete_task(json!({"callback_url": receiver.url})).await;
        delivering.advance(DAY_MS + 60_000).await;
        let got = receiver.got();
        assert_eq!(got.len(), 21);
        let start = got[0].at_ms;
        for (one, (offset, delay)) in got.iter().zip(OFFSETS) {
            let at = one.at_ms - start;
            assert!(
                at <= offset * 1000 && at >= offset * 1000 - delay * 200,
                "the retry at {offset} s came at {at} ms"
            );
        }
        let task = delivering.app.live().get(&format!("/v1/task/{task_id}")).await.expect(200);
        assert_eq!(task["callback_succeeded"], false);
        let callbacks = delivering.callbacks_of(task_id.parse().unwrap()).await;
        assert_eq!((callbacks[0].state.as_str(), callbacks[0].tries), ("failed", 21));
    }

    async fn case_119_tries_send_the_same_id_and_bytes(app: TestApp) {
        let receiver =
            Receiver::start(&app, |number, _| Reply::status([500, 500, 204][number])).await;
        let delivering = Delivering::start(app);
        delivering.complete_task(json!({"callback_url": receiver.url})).await;
        delivering.advance(60_000).await;
        let got = receiver.got();
        assert_eq!(got.len(), 3);
        assert!(got.iter().all(|one| one.body == got[0].body));
        let header = |name: &str| got.iter().map(|one| one.headers[name].clone()).collect::<Vec<_>>();
        let ids = header("webhook-id");
        assert!(ids.iter().all(|id| *id == ids[0] && id.starts_with("cb_")), "{ids:?}");
        let mut times = header("webhook-timestamp");
        times.dedup();
        assert_eq!(times.len(), 3);
        assert_eq!(header("weighbridge-attempt"), ["1", "2", "3"]);
    }

    async fn case_136_a_day_without_a_server_costs_no_try(app: TestApp) {
        let receiver = Receiver::answering(&app, 500).await;
        let mut delivering = Delivering::start(app);
        delivering.complete_task(json!({"callback_url": receiver.url})).await;
        delivering.advance(22_000).await;
        assert_eq!(receiver.got().len(), 3);
        delivering.be_away(26 * 60 * 60 * 1000).await;
        let back = delivering.now_ms();
        assert_eq!(receiver.got().len(), 4, "retry 3, which was due meanwhile, and no burst");
        delivering.advance(DAY_MS).await;
        let got = receiver.got();
        assert_eq!(got.len(), 21, "none was lost");
        // Retry 4 comes a minute after retry 3 was, as if the server had not been away.
        let gap = got[4].at_ms - back;
        assert!((48_000..=88_000).contains(&gap), "{gap} ms after the server was back");
    }
}

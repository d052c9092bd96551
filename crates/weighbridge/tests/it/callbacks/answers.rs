//! What answers mean (cases 122 to 124).

use store::environment::callback_targets;

use super::harness::{Delivering, Receiver, Reply, origin};
use crate::app::{TestApp, both_engines};

both_engines! {
    async fn case_122_only_2xx_is_success(app: TestApp) {
        let receiver = Receiver::start(&app, |_, got| {
            let status = got.path.trim_start_matches("/cb/").parse().unwrap();
            if status == 103 {
                let mut reply = Reply::status(200);
                reply.bytes.splice(..0, *b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n");
                return reply;
            }
            Reply::with_headers(status, "location: http://127.0.0.1:1/elsewhere\r\n")
        })
        .await;
        let delivering = Delivering::start(app);
        let mut tasks = Vec::new();
        for status in [200, 201, 204, 299, 103, 300, 301, 302, 303, 304, 307, 308, 404] {
            let task_id = delivering.new_task_id();
            let url = format!("{}/{status}", receiver.url);
            delivering.insert(&url, task_id, 1).await;
            delivering.settle().await;
            tasks.push((status, task_id));
        }
        for (status, task_id) in tasks {
            let callback = &delivering.callbacks_of(task_id).await[0];
            let expected = match status {
                103 | 200..=299 => ("delivered", "delivered"),
                300..=399 => ("pending", "redirect"),
                _ => ("pending", "http_status"),
            };
            let outcome = callback.last_outcome.as_deref().unwrap();
            assert_eq!((callback.state.as_str(), outcome), expected, "{status}");
        }
        assert!(receiver.got().iter().all(|got| got.path.starts_with("/cb/")));
    }

    async fn case_123_a_second_410_pauses_the_url(app: TestApp) {
        let receiver = Receiver::answering(&app, 410).await;
        let delivering = Delivering::start(app);
        let mut tasks = Vec::new();
        for _ in 0..3 {
            let task_id = delivering.new_task_id();
            delivering.insert(&receiver.url, task_id, 1).await;
            delivering.settle().await;
            tasks.push(task_id);
        }
        assert_eq!(receiver.got().len(), 2);
        let mut states = Vec::new();
        for task_id in &tasks {
            let callback = delivering.callbacks_of(*task_id).await.remove(0);
            states.push((callback.state, callback.tries));
        }
        assert_eq!(states, [("failed".into(), 1), ("failed".into(), 1), ("held".into(), 0)]);
        // A person resumes it.
        receiver.answer(200);
        let (account, now_ms) = (delivering.app.made.account_id, delivering.now_ms());
        let target = origin(&receiver.url);
        delivering
            .run(move |tx| callback_targets::resume(tx, account, &target, now_ms))
            .await;
        delivering.settle().await;
        assert_eq!(delivering.callbacks_of(tasks[2]).await[0].state, "delivered");
    }

    async fn case_124_a_wish_to_be_left_alone_holds_for_the_whole_receiver(app: TestApp) {
        let mut app = app;
        for (wish, after_ms) in [("30", 60_000), ("90", 90_000), ("9999", 120_000)] {
            let receiver = Receiver::start(&app, move |number, _| {
                if number == 3 {
                    Reply::with_headers(429, &format!("retry-after: {wish}\r\n"))
                } else {
                    Reply::status(if number < 3 { 404 } else { 200 })
                }
            })
            .await;
            // One worker for each receiver, so that none has the others' past.
            let mut delivering = Delivering::start(app);
            let first = delivering.new_task_id();
            delivering.insert(&receiver.url, first, 1).await;
            while receiver.got().len() < 4 {
                delivering.advance(1_000).await;
            }
            let asked = receiver.got()[3].at_ms;
            let second = delivering.new_task_id();
            delivering.insert(&receiver.url, second, 1).await;
            delivering.advance(after_ms - 1_000).await;
            assert_eq!(receiver.got().len(), 4, "nothing before the wish is over: {wish}");
            delivering.advance(2_000).await;
            let got = receiver.got();
            assert_eq!(got.len(), 6, "{wish}");
            assert_eq!(got[4].at_ms - asked, after_ms, "{wish}");
            delivering.stop().await;
            app = delivering.app;
        }
    }
}

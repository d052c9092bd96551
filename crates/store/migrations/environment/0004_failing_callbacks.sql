-- What the home page counts: callbacks that were given up.
CREATE INDEX callbacks_failed ON callbacks (account_id, callback_id) WHERE state = 'failed';

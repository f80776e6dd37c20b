//! The reconciler's counters; they outlive the leader that counted.

use persys_contract::ReconciliationStats;

use super::{Changed, Store, StoreError};

const KEY: &str = "/scheduler/reconciliation-stats";

impl Store {
    pub async fn stats(&self) -> Result<ReconciliationStats, StoreError> {
        Ok(self.get(KEY).await?.map(|record| record.value).unwrap_or_default())
    }

    pub async fn change_stats(
        &self,
        mut change: impl FnMut(&mut ReconciliationStats),
    ) -> Result<(), StoreError> {
        loop {
            let changed = self.change(KEY, |stats: &mut ReconciliationStats| {
                change(stats);
                (true, Vec::new())
            });
            if !matches!(changed.await?, Changed::Absent) {
                return Ok(());
            }
            // Whoever creates it first, the change is made to what is there then.
            self.swap(KEY, &ReconciliationStats::default(), 0, Vec::new()).await?;
        }
    }
}

//! Node records and their addresses in DNS.

use etcd_client::{PutOptions, TxnOp};
use persys_contract::{AddressRecord, Discovery, Node, NodeStatus, StoreKeys};
use persys_reference_base::defect;

use super::{Changed, Record, Store, StoreError, documents::write};

impl Store {
    pub async fn nodes(&self) -> Result<Vec<Record<Node>>, StoreError> {
        self.list(StoreKeys::NODES).await
    }

    pub async fn node(&self, id: &str) -> Result<Option<Record<Node>>, StoreError> {
        self.get(&StoreKeys::node(id)).await
    }

    /// Writes a node that registers, whatever was known of it, with its address.
    pub async fn register_node(&self, node: &Node, names: &Discovery) -> Result<(), StoreError> {
        let key = StoreKeys::node(&node.node_id);
        loop {
            let known = self.get::<Node>(&key).await;
            let revision = match known {
                Ok(record) => record.map_or(0, |record| record.revision),
                // What cannot be read is overwritten.
                Err(StoreError::Unreadable { .. }) => {
                    return self.overwrite(&key, node, names).await;
                }
                Err(error) => return Err(error),
            };
            let also = address_change(names, node)?;
            if self.swap(&key, node, revision, also).await?.is_some() {
                return Ok(());
            }
        }
    }

    /// Alters a node; its address in DNS is there while it is active.
    pub async fn change_node(
        &self,
        id: &str,
        names: &Discovery,
        mut change: impl FnMut(&mut Node) -> bool,
    ) -> Result<Changed<Node>, StoreError> {
        self.change(&StoreKeys::node(id), |node: &mut Node| {
            let before = node.status;
            let altered = change(node);
            let turned = altered && node.status != before;
            // An address that cannot be written is no reason to lose the change.
            let also =
                if turned { address_change(names, node).unwrap_or_default() } else { vec![] };
            (altered, also)
        })
        .await
    }

    async fn overwrite(&self, key: &str, node: &Node, names: &Discovery) -> Result<(), StoreError> {
        let mut operations = vec![TxnOp::put(key, write(key, node)?, None::<PutOptions>)];
        operations.extend(address_change(names, node)?);
        self.transact(etcd_client::Txn::new().and_then(operations)).await.map(drop)
    }
}

fn address_change(names: &Discovery, node: &Node) -> Result<Vec<TxnOp>, StoreError> {
    defect!("nodes-have-no-address" => return Ok(Vec::new()));
    let key = names.node_key(&node.node_id);
    if node.status == Some(NodeStatus::Inactive) {
        return Ok(vec![TxnOp::delete(key, None)]);
    }
    let record = write(&key, &AddressRecord::new(&node.ip_address))?;
    Ok(vec![TxnOp::put(key, record, None::<PutOptions>)])
}

use super::*;

fn put(kv: &mut Kv, key: &str, now_ms: u64) -> Result<(), Rejection> {
    kv.put(key, "v", None, None, now_ms)
}

#[test]
fn a_read_is_cached_for_a_minute() {
    let mut kv = Kv::default();
    assert_eq!(kv.get("a", 0), Ok(None));
    put(&mut kv, "a", 1).unwrap();
    assert_eq!(kv.get("a", 59_999), Ok(None));
    assert!(kv.get("a", 60_000).unwrap().is_some());
}

#[test]
fn a_key_takes_one_write_per_second() {
    let mut kv = Kv::default();
    put(&mut kv, "a", 0).unwrap();
    assert_eq!(put(&mut kv, "a", 999).unwrap_err().status, 429);
    put(&mut kv, "a", 1_000).unwrap();
}

#[test]
fn the_documented_limits_are_enforced() {
    let mut kv = Kv::default();
    assert!(put(&mut kv, &"k".repeat(512), 0).is_ok());
    assert!(put(&mut kv, &"k".repeat(513), 0).is_err());
    assert!(put(&mut kv, "", 0).is_err());
    assert!(kv.put("a", "v", Some(&"m".repeat(1_025)), None, 0).is_err());
    assert!(kv.put("a", "v", None, Some(59), 0).is_err());
    assert!(kv.list("", None, 1_001, 0).is_err());
}

#[test]
fn a_list_page_of_expired_keys_is_empty_and_has_a_cursor() {
    let mut kv = Kv::default();
    kv.put("p/1", "v", None, Some(60), 0).unwrap();
    put(&mut kv, "p/2", 0).unwrap();
    put(&mut kv, "q", 0).unwrap();
    let (page, cursor) = kv.list("p/", None, 1, 60_000).unwrap();
    assert!(page.is_empty());
    let (page, cursor) = kv.list("p/", cursor.as_deref(), 1, 60_000).unwrap();
    assert_eq!((page.len(), cursor), (1, None));
}

#[test]
fn an_injected_fault_fails_a_write_before_or_after_it_is_made() {
    let mut kv = Kv::default();
    kv.fail_put("a", Fault::Before);
    kv.fail_put("a", Fault::After);
    assert!(put(&mut kv, "a", 0).is_err());
    assert!(kv.keys().is_empty());
    assert!(put(&mut kv, "a", 0).is_err());
    assert_eq!(kv.keys(), ["a"]);
}

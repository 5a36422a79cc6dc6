// State objects: an identity is 32 bytes; an owner is the text of an address or the bytes of an object.

const object = {
  create(owner) { return host(OBJECT_CREATE, plain(owner)) },
  info(id) { return host(OBJECT_INFO, plain(id)) },
  owner(id) { const known = host(OBJECT_INFO, plain(id)); return known === null ? null : known.owner },
  creator(id) { const known = host(OBJECT_INFO, plain(id)); return known === null ? null : known.creator },
  get(id, name) { return host(OBJECT_GET, plain(id), keyText(name, 'the name of a field')) },
  set(id, name, value, type) {
    host(OBJECT_SET, plain(id), keyText(name, 'the name of a field'), plain(value),
      type === undefined ? null : keyText(type, 'a type'));
  },
  remove(id, name) { host(OBJECT_REMOVE, plain(id), keyText(name, 'the name of a field')) },
  setOwner(id, owner) { host(OBJECT_GIVE, plain(id), plain(owner)) },
  delete(id) { host(OBJECT_DELETE, plain(id)) },
  byOwner(owner, after, limit) {
    return host(OBJECT_LIST, plain(owner), after === undefined ? null : plain(after), limit === undefined ? 1024 : +limit);
  },
};

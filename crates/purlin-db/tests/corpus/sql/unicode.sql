select :größe, '日本', é?é -- 😀

import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { MAX_TITLE, Problem, type DocumentInfo } from '../../api/client'
import { explain, explainField } from '../../api/explain'
import { renameDocument } from '../document/changeDocument'

/** A new title, given only over the one that was seen: a title that somebody else gave meanwhile is shown first. */
export function RenameForm({ document, onDone }: { document: DocumentInfo; onDone: () => void }) {
  const { t } = useTranslation()
  const [title, setTitle] = useState(document.title)
  const [seen, setSeen] = useState(document)
  const rename = useMutation({
    mutationFn: () => renameDocument(seen, title.trim()),
    onSuccess: onDone,
    onError: (error) => {
      if (error instanceof Problem && error.status === 412) setSeen(error.body.current as DocumentInfo)
    },
  })
  const stale = rename.error instanceof Problem && rename.error.status === 412 && seen.title !== document.title
  const problem = stale
    ? t('rename.stale', { title: seen.title })
    : rename.error && (explainField(t, rename.error, 'title') ?? explain(t, rename.error))
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        rename.mutate()
      }}
    >
      <Stack>
        <TextInput
          label={t('document.title')}
          value={title}
          required
          maxLength={MAX_TITLE}
          dir="auto"
          data-autofocus
          error={problem}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={rename.isPending} disabled={!title.trim()}>
            {t('rename')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

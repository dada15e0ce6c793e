import { Button, Modal, Stack, Textarea } from '@mantine/core'
import type { Editor } from '@tiptap/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { MOST_ALT } from '../limits'

/** What the selected picture shows, in words, for people who do not see it. */
export function AltText({ editor, onClose }: { editor: Editor; onClose: () => void }) {
  const { t } = useTranslation()
  const [alt, setAlt] = useState(String(editor.getAttributes('image').alt ?? ''))
  const leave = () => {
    onClose()
    editor.commands.focus()
  }
  const apply = () => {
    editor.commands.updateAttributes('image', { alt: alt.trim() })
    leave()
  }
  return (
    <Modal opened onClose={leave} title={t('picture.alt')} closeButtonProps={{ 'aria-label': t('cancel') }}>
      <Stack>
        <Textarea
          label={t('picture.alt.label')}
          description={t('picture.alt.hint')}
          autosize
          minRows={2}
          maxLength={MOST_ALT}
          value={alt}
          onChange={(event) => setAlt(event.currentTarget.value)}
          data-autofocus
        />
        <Button onClick={apply}>{t('save')}</Button>
      </Stack>
    </Modal>
  )
}
